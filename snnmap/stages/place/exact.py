"""Exact placement of a few clusters: an integer programme for CP-SAT, solved to proven optimality or with a bound.

Its objective is that of the searches, to the message. With x[k, t] = 1 where cluster k sits on tile t,

- a multicast tree is its longest run east and west, and per mesh column its longest runs up and down, each of which is
  at least what every target asks for (in other columns than its own: nothing); minimised, they are the tree. On tiles
  of their own, n targets need n links; without this cut the bounds on 9 clusters stayed below 17 % of the optimum;
- a pairwise term is, per cluster, one variable that is at least its cost with its partners *if* the cluster sits on
  tile t (Kaufman and Broeckx 1978), which was 2-6 times as fast as one variable per product of two x.

Sources: Kaufman and Broeckx, An algorithm for the quadratic assignment problem using Benders' decomposition, European
Journal of Operational Research 2, 1978; Perron and Didier, CP-SAT, Google OR-Tools.
"""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.stages.place.anneal import Anneal
from snnmap.stages.place.board import slots_of
from snnmap.stages.place.kernels.records import Board
from snnmap.stages.place.search import Search, start_search
from snnmap.stages.protocols import PlacementProblem, Run

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


@dataclass(frozen=True, slots=True)
class Exact:
    """The best of all placements, if `effort` suffices to prove it; for up to about a dozen clusters.

    Starts from `Anneal` and is never worse. Progress tells the proven lower bound on the cost as the work done and the
    best cost as the total: where they meet, the placement is optimal, and where `effort` ends before, optimal within
    that gap. One worker and CP-SAT's deterministic clock give the same placement on every machine; only a deadline
    depends on how fast the machine is.
    """

    effort: float = 60.0
    """Most deterministic time of CP-SAT, which counts operations: about 1-3 seconds each on a desktop."""
    most: int = 12
    """Most clusters that are accepted: the time grows exponentially with their number."""

    def __post_init__(self) -> None:
        if not self.effort >= 0 or self.most < 1:
            raise InputError(f"exact placement needs an effort of 0 or more and most >= 1; got {self}")

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Best placement met; never worse than `start`, nor than annealing.

        Raises
        ------
        InfeasibleError
            If there are more clusters than the tiles can take.
        InputError
            If there are more than `most` clusters, or `start` or a term does not match.
        """
        if problem.clusters > self.most:
            raise InputError(
                f"exact placement takes at most {self.most} clusters, there are {problem.clusters}: search with "
                f"--set place=anneal, or raise the limit with --set place.most={problem.clusters}"
            )
        start = Anneal()(problem, Run(run.rng, deadline=run.deadline))
        search = start_search(replace(problem, start=start), run)
        if problem.clusters:
            self._solve(search, run)
        return search.placement()

    def _solve(self, search: Search, run: Run) -> None:
        """Let CP-SAT improve on the best placement of `search`, and prove it as far as the budgets go."""
        from ortools.sat.python import cp_model

        model, on = programme(search.board, len(search.best_slots))
        for cluster, tile in enumerate((search.best_slots // search.board.per_tile).tolist()):
            for t, here in enumerate(on[cluster]):
                model.add_hint(here, t == tile)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = int(run.rng.integers(2**31))
        solver.parameters.max_deterministic_time = self.effort
        if run.deadline is not None:
            solver.parameters.max_time_in_seconds = max(0.0, run.deadline - time.monotonic())
        solver.best_bound_callback = lambda bound: _tell(run, bound, search.best)
        status = solver.solve(model)
        if status == cp_model.MODEL_INVALID:
            raise InputError(
                "the placement cost is too large for CP-SAT: profile fewer frames, or scale the terms down"
            )
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return
        tile = np.array([[solver.boolean_value(here) for here in row].index(True) for row in on], np.int32)
        search.restart(slots_of(Placement(tile), search.board))
        _tell(run, solver.best_objective_bound, search.best)


def _tell(run: Run, bound: float, best: int) -> None:
    run.tell("place", min(max(0, round(bound)), max(0, best)), max(0, best), float(best))


def programme(board: Board, clusters: int) -> "tuple[cp_model.CpModel, list[list[cp_model.IntVar]]]":
    """Placement of `clusters` on `board` as a model to minimise, and its variables on[cluster][tile].

    The least cost over the other variables is the cost of the placement, whatever the placement.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    tiles = range(len(board.x))
    on = [[model.new_bool_var(f"{k} on {t}") for t in tiles] for k in range(clusters)]
    for row in on:
        model.add_exactly_one(row)
    for t in tiles:
        model.add(sum(row[t] for row in on) <= board.per_tile)
    costs = [m * tree_links(model, board, on, group) for group, m in enumerate(board.messages.tolist())]
    model.minimize(sum(costs) + sum(own_costs(board, on)) + sum(partner_costs(model, board, on)))
    return model, on


def tree_links(
    model: "cp_model.CpModel", board: Board, on: "list[list[cp_model.IntVar]]", group: int
) -> "cp_model.LinearExpr":
    """Links of the multicast tree of one group, once minimised: runs along x, and along y per mesh column."""
    x, y, right, top = board.far_x.tolist(), board.far_y.tolist(), int(board.far_x.max()), int(board.far_y.max())
    columns = sorted(set(x))
    sender = int(board.sender[group])
    targets = sorted(set(board.target[board.target_ptr[group] : board.target_ptr[group + 1]].tolist()) - {sender})
    if sender < 0 and len(targets) == 1:
        away = abs(board.far_x - board.far_port[0]) + abs(board.far_y - board.far_port[1])
        return _dot(away.tolist(), on[targets[0]])
    x0, y0 = board.far_port if sender < 0 else (_dot(x, on[sender]), _dot(y, on[sender]))
    east, west = (model.new_int_var(0, right, "") for _ in range(2))
    up, down = ([model.new_int_var(0, top, "") for _ in columns] for _ in range(2))
    for target in targets:
        dx, dy = _dot(x, on[target]) - x0, _dot(y, on[target]) - y0
        model.add(east >= dx)
        model.add(west >= -dx)
        for at, column in enumerate(columns):
            elsewhere = 1 - sum(on[target][t] for t in range(len(x)) if x[t] == column)
            model.add(up[at] >= dy - top * elsewhere)
            model.add(down[at] >= -dy - top * elsewhere)
    links = east + west + sum(up) + sum(down)
    if board.per_tile == 1:
        model.add(links >= len(targets) - (sender < 0))
    return links


def own_costs(board: Board, on: "list[list[cp_model.IntVar]]") -> "list[cp_model.LinearExpr]":
    """Per cluster, the cost of its own tile: preference, and what flows from a cluster to itself."""
    cost = np.zeros((len(on), len(board.x)), np.int64)
    if board.preference.size:
        cost += board.preference
    for flow, distance in zip(board.flow, board.distance, strict=True):
        cost += np.outer(np.diag(flow), np.diag(distance))
    return [_dot(cost[k].tolist(), row) for k, row in enumerate(on)]


def partner_costs(
    model: "cp_model.CpModel", board: Board, on: "list[list[cp_model.IntVar]]"
) -> "list[cp_model.LinearExpr]":
    """Per cluster, once minimised, the cost of the pairwise terms with all clusters of higher number."""
    costs = []
    for k in range(len(on)):
        partners = {j: cost for j in range(k + 1, len(on)) if (cost := pair_cost(board, k, j)).any()}
        if not partners:
            continue
        least = sum(_least(cost, board.per_tile) for cost in partners.values())
        most = sum(int(cost.max()) for cost in partners.values())
        cost_of_k = model.new_int_var(int(np.min(least)), most, "")
        model.add(cost_of_k >= _dot(np.asarray(least).tolist(), on[k]))
        for t, here in enumerate(on[k]):
            asked = sum(_dot(cost[t].tolist(), on[j]) for j, cost in partners.items())
            model.add(cost_of_k >= asked).only_enforce_if(here)
        costs.append(cost_of_k)
    return costs


def pair_cost(board: Board, k: int, j: int) -> I64:
    """Cost (T, T) of the pairwise terms between cluster `k` on one tile and `j` on another, both ways."""
    cost = np.zeros((len(board.x), len(board.x)), np.int64)
    for flow, distance in zip(board.flow, board.distance, strict=True):
        cost += flow[k, j] * distance + flow[j, k] * distance.T
    return cost


def _least(cost: I64, per_tile: int) -> I64:
    """Least cost (T,) of a pair whose first cluster sits on each tile; the other sits elsewhere if none are shared."""
    apart = ~np.eye(len(cost), dtype=bool) if per_tile == 1 else np.ones(cost.shape, bool)
    least: I64 = cost.min(axis=1, where=apart, initial=cost.max())
    return least


def _dot(factors: list[int], variables: "list[cp_model.IntVar]") -> "cp_model.LinearExpr":
    return sum(f * v for f, v in zip(factors, variables, strict=True) if f)
