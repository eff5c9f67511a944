"""Where the runs of a sweep are made: processes of this machine, or the workers of a Dask cluster that exists."""

import multiprocessing
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, Protocol, TypeVar

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.evaluation.judgement import reading_of
from snnmap.formats.mapping import encode
from snnmap.ir import SpikeGraph
from snnmap.pipeline.compile import compile  # noqa: A004  the word every user of a compiler expects
from snnmap.pipeline.options import CompileOptions

T = TypeVar("T")
R = TypeVar("R")

TICK_SECONDS = 0.5
"""How long is waited for answers before whoever waits is asked to do something else."""
ANSWER_SECONDS = 10
"""How long a scheduler may take to answer."""


class Task(NamedTuple):
    """One run."""

    run: str
    graph: str
    """Digest of its profile."""
    options: CompileOptions
    keep: bool
    """Whether its mapping is wanted."""
    fair: bool = False
    """Whether its seconds are to be those of a process that has made such a run before: its first one loads, or even
    compiles, the kernels, and is made anew."""


class Made(NamedTuple):
    """What came of a run."""

    run: str
    figures: Mapping[str, Any]
    """Empty if it does not fit."""
    doubts: str
    """Figures that are not to be read as they stand, each with its doubt and limit."""
    refused: InfeasibleError | None
    """Why it does not fit, if it does not."""
    seconds: float
    cpu_seconds: float
    mapping: bytes | None
    """Its file, if it was wanted."""


class Workers(Protocol):
    """Whoever makes runs."""

    def made(self, tasks: Sequence[Task]) -> Iterator[Made]:
        """What comes of every task, in any order."""
        ...

    def close(self) -> None:
        """No more tasks."""
        ...


_made: set[tuple[str, ...]] = set()
"""Chip, objective and algorithms of the runs that this process has made."""


def make(task: Task, profiles: Callable[[str], bytes]) -> Made:
    """Compile one point; what does not fit is an answer too."""
    made, own = _made_once(task, profiles), task.options
    kind = str(own.hardware), own.objective, repr(own.settings), own.conv
    if task.fair and kind not in _made:
        made = _made_once(task, profiles)
    _made.add(kind)
    return made


def _made_once(task: Task, profiles: Callable[[str], bytes]) -> Made:
    wall, cpu = time.monotonic(), time.process_time()
    figures: Mapping[str, Any] = {}
    refused, doubts, mapping = None, "", None
    try:
        compiled = compile(_graph(profiles, task.graph), task.options)
        figures = dict(compiled.mapping.figures)
        judged = reading_of(compiled.mapping, compiled.hardware).judgements
        doubts = "; ".join(f"{each.figure}: {each.doubt} ({each.limit!r})" for each in judged)
        mapping = encode(compiled.mapping) if task.keep else None
    except InfeasibleError as error:
        refused = error
    return Made(task.run, figures, doubts, refused, time.monotonic() - wall, time.process_time() - cpu, mapping)


_graphs: dict[str, SpikeGraph] = {}
_packed: dict[str, bytes] = {}
"""Profiles of a process of this machine, by digest."""


def _graph(profiles: Callable[[str], bytes], digest: str) -> SpikeGraph:
    """A profile, unpacked once in every process."""
    if digest not in _graphs:
        _graphs[digest] = pickle.loads(profiles(digest))
    return _graphs[digest]


def _begin(profiles: dict[str, bytes]) -> None:
    """What a process that makes runs does first."""
    _packed.update(profiles)
    end_with_parent()


def end_with_parent() -> None:
    """End when the process that started this one does, even by a kill."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make_here(task: Task) -> Made:
    return make(task, _packed.__getitem__)


def workers_for(graphs: Sequence[SpikeGraph], processes: int, scheduler: str | None = None) -> Workers:
    """The workers of a scheduler, if one is given, or so many processes of this machine; one is this process."""
    if scheduler is not None:
        return Cluster(graphs, scheduler)
    return Processes(graphs, processes) if processes > 1 else Alone(graphs)


class Alone:
    """Whoever asks makes the runs too."""

    def __init__(self, graphs: Sequence[SpikeGraph]) -> None:
        _graphs.update({graph.digest(): graph for graph in graphs})

    def made(self, tasks: Sequence[Task]) -> Iterator[Made]:
        """What comes of every task, in their order."""
        return (_make_here(task) for task in tasks)

    def close(self) -> None:
        """Forget the profiles."""
        _graphs.clear()


class Pool:
    """Processes of this machine, which end when this one does.

    Parameters
    ----------
    processes
        How many.
    first
        What each does first, and with what.
    """

    def __init__(self, processes: int, first: Callable[..., None], *given: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=first, initargs=given)

    def answers(
        self, work: Callable[[T], R], tasks: Sequence[T], lost: str, meanwhile: Callable[[], None] = lambda: None
    ) -> Iterator[tuple[T, R]]:
        """Every task and its answer, in any order.

        Parameters
        ----------
        work
            A function that a process finds by name.
        lost
            What a user is told of the tasks if a process is ended from outside.
        meanwhile
            Called about twice a second.

        Raises
        ------
        InputError
            If a process was ended from outside.
        """
        task_of = {self._pool.submit(work, task): task for task in tasks}
        waiting = set(task_of)
        try:
            while waiting:
                done, waiting = wait(waiting, TICK_SECONDS, return_when=FIRST_COMPLETED)
                meanwhile()
                for future in done:
                    yield task_of[future], future.result()
        except BrokenProcessPool:
            raise InputError(
                f"a process was ended from outside, often for want of memory; {lost} with fewer --workers"
            ) from None

    def close(self) -> None:
        """End the processes; what they are at is lost."""
        for process in list((getattr(self._pool, "_processes", None) or {}).values()):
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


class Processes:
    """Processes of this machine that make runs."""

    def __init__(self, graphs: Sequence[SpikeGraph], workers: int) -> None:
        self._pool = Pool(workers, _begin, {graph.digest(): pickle.dumps(graph) for graph in graphs})

    def made(self, tasks: Sequence[Task]) -> Iterator[Made]:
        """What comes of every task, in any order."""
        lost = "finished runs are kept: run the same command again,"
        return (made for _, made in self._pool.answers(_make_here, tasks, lost))

    def close(self) -> None:
        """End the processes; what they are at is lost."""
        self._pool.close()


class Cluster:
    """Workers of a Dask cluster; each needs this version of snnmap.

    Raises
    ------
    InputError
        If Dask is not there, or the scheduler does not answer.
    """

    def __init__(self, graphs: Sequence[SpikeGraph], address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise InputError("a Dask scheduler needs Dask: pip install 'snnmap[sweep]'") from None
        try:
            self._client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"no scheduler answers at {address!r} within {ANSWER_SECONDS} s ({said}); "
                "give the address that `dask scheduler` prints, like tcp://10.0.0.1:8786"
            ) from None
        self._packed = {
            graph.digest(): self._client.scatter(pickle.dumps(graph), broadcast=True, hash=False) for graph in graphs
        }

    def made(self, tasks: Sequence[Task]) -> Iterator[Made]:
        """What comes of every task, in any order."""
        from distributed import as_completed

        futures = [self._client.submit(_make_there, task, self._packed[task.graph], pure=False) for task in tasks]
        for future in as_completed(futures, loop=self._client.loop):
            yield future.result()
            future.release()

    def close(self) -> None:
        """Leave the cluster, which cancels what is not done."""
        self._client.close()


def _make_there(task: Task, packed: bytes) -> Made:
    return make(task, lambda _: packed)
