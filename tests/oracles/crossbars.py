"""Optimal partitions of tiny networks by CP-SAT, from the rules alone: every synapse in one crossbar, limits kept."""

from ortools.sat.python import cp_model


def optimum(synapses, neurons, spikes, active, window, limits, weights, most):
    """Least cost of a partition, or None if not proved in time.

    Parameters
    ----------
    synapses
        (source, neuron) pairs; `neurons` also lists those without.
    spikes, active
        Messages and active steps by source.
    limits
        Rows, columns, synapses of a crossbar.
    weights
        Of a crossbar, of a message.
    most
        Crossbars that an optimum takes at most.
    """
    model = cp_model.CpModel()
    crossbars, (rows, columns, cells) = range(most), limits
    sources = sorted({i for i, _ in synapses})
    at = {(s, k): model.NewBoolVar("") for s in synapses for k in crossbars}
    row = {(i, k): model.NewBoolVar("") for i in sources for k in crossbars}
    column = {(j, k): model.NewBoolVar("") for j in neurons for k in crossbars}
    home = {(j, k): model.NewBoolVar("") for j in neurons for k in crossbars}
    used = [model.NewBoolVar("") for _ in crossbars]
    for s in synapses:
        model.AddExactlyOne(at[s, k] for k in crossbars)
    for j in neurons:
        model.AddExactlyOne(home[j, k] for k in crossbars)
    messages = []
    for k in crossbars:
        for i, j in synapses:
            model.AddImplication(at[(i, j), k], row[i, k])
            model.AddImplication(at[(i, j), k], column[j, k])
            model.AddBoolOr(row[i, k].Not(), column[j, k].Not(), at[(i, j), k])
        model.Add(sum(row[i, k] for i in sources) <= rows)
        model.Add(sum(column[j, k] for j in neurons) <= columns)
        model.Add(sum(at[s, k] for s in synapses) <= cells)
        for j in neurons:
            model.AddImplication(home[j, k], column[j, k])
            model.AddImplication(column[j, k], used[k])
            total = sum(active[i] * at[(i, n), k] for i, n in synapses if n == j)
            part, sent = model.NewIntVar(0, window, ""), model.NewIntVar(0, window, "")
            model.AddMinEquality(part, [window, total])
            model.Add(sent >= part - window * home[j, k])
            messages.append(sent)
        for i in sources:
            travels = model.NewBoolVar("")
            model.AddBoolOr(row[i, k].Not(), travels, *([home[i, k]] if i in neurons else []))
            messages.append(spikes[i] * travels)
    for k in list(crossbars)[1:]:
        model.AddImplication(used[k], used[k - 1])
    model.Minimize(weights[0] * sum(used) + weights[1] * sum(messages))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = 20.0
    return int(solver.ObjectiveValue()) if solver.Solve(model) == cp_model.OPTIMAL else None
