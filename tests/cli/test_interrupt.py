"""Ctrl-C is answered with one line and exit code 130 whenever it comes."""

import random
import signal
import subprocess
import sys
import time

from snnmap.__main__ import STOPPED, UNSAFE

CODE = """
import signal
import snnmap.__main__ as entry
install = signal.signal
def tell(*handler):
    signal.signal = install
    install(*handler)
    print(flush=True)  # from here on the entry point is in charge
signal.signal = tell
entry.main()
"""
TRIES = 8
LONGEST = 1.5
"""Seconds: on an idle machine the imports are over after 0.5, and those of the first stage after 1."""


def interrupted(after: float, *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a command that gets SIGINT so many seconds after its entry point is called."""
    command = [sys.executable, "-c", CODE, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        return process.wait(120), process.communicate()[1]


def test_an_interrupt_at_any_time_gives_one_line() -> None:
    rng = random.Random(9)
    ends = [interrupted(rng.uniform(0.005, LONGEST), "compile", "lenet", "--quiet") for _ in range(TRIES)]
    assert {(code, said.lstrip()) for code, said in ends} == {(130, STOPPED)}  # click begins a line of its own


def test_an_interrupt_that_python_would_lose_is_heard() -> None:
    lost = (
        "import os, signal, sys\n"
        "sys.modules['snnmap.cli'] = sys.modules[__name__]\n"
        "class Doomed:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGINT)\n"
        "def main():\n"
        "    Doomed()\n"
        "    print('went on', file=sys.stderr)\n"
        "import snnmap.__main__ as entry\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", lost], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, STOPPED)


def test_an_interrupt_in_the_making_of_a_class_is_one() -> None:
    """Python wraps what `__set_name__` raises in a RuntimeError; another error stays what it is."""
    wrapped = (
        "import sys\n"
        "sys.modules['snnmap.cli'] = sys.modules[__name__]\n"
        "class Named:\n"
        "    def __set_name__(self, owner, name): raise {}\n"
        "def main():\n"
        "    type('Made', (), {{'named': Named()}})\n"
        "import snnmap.__main__ as entry\n"
        "entry.main()\n"
    )
    ends = []
    for raised in ("KeyboardInterrupt", "ValueError"):
        command = [sys.executable, "-c", wrapped.format(raised)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        ends.append((done.returncode, done.stderr == STOPPED, "ValueError" in done.stderr))
    assert ends == [(130, True, False), (1, False, True)]


def test_an_interrupt_on_the_way_back_from_a_kernel_waits_until_that_is_over() -> None:
    """numba would crash: it takes for an answer what its own Python code did not give."""
    code = (
        "import signal, sys, time\n"
        "sys.modules['snnmap.cli'] = sys.modules[__name__]\n"
        "def main():\n"
        "    unsafe = {'__name__': 'numba.core.serialize', 'signal': signal}\n"
        "    exec('def answer(): signal.raise_signal(signal.SIGINT); return 7', unsafe)\n"
        "    print(unsafe['answer'](), flush=True)\n"
        "    for _ in range(400): time.sleep(0.1)\n"
        "import snnmap.__main__ as entry\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (130, "7\n", STOPPED)


def test_numba_still_has_the_module_that_cannot_bear_interrupts() -> None:
    from numba.core import serialize

    assert serialize._numba_unpickle.__globals__["__name__"] == UNSAFE


def test_what_a_shell_runs_in_the_background_ignores_interrupts() -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "sys.argv = ['snnmap', '--version']\n"
        "import snnmap.__main__ as entry\n"
        "import snnmap.cli as cli\n"
        "real = cli.main\n"
        "cli.main = lambda: (signal.raise_signal(signal.SIGINT), real())\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "version" in done.stdout


def test_an_interrupt_at_the_exit_changes_nothing() -> None:
    code = (
        "import atexit, signal, sys\n"
        "sys.argv = ['snnmap', '--version']\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)\n"
        "import snnmap.__main__ as entry\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
