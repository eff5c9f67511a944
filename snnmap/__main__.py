"""Entry point of the command line, as `snnmap` and as `python -m snnmap`.

Ctrl-C is answered with one line and exit code 130 whenever it comes. This module is light, so that it is in charge
before the long imports, in which an interrupt would otherwise end in a traceback.
"""

import os
import signal
import sys
from types import FrameType

UNSAFE = "numba.core.serialize"
"""numba runs Python code of this module on the way back from a kernel, and crashes the process if that raises."""
MOMENT = 0.01
"""Seconds until an interrupt is tried again that came there."""
STOPPED = "snnmap: stopped; no file is half-written\n"


def main() -> None:
    """Run the command line."""
    sys.unraisablehook = _unraisable
    heard = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN  # not so in the background of a shell
    if heard:
        signal.signal(signal.SIGINT, _leave)
    from snnmap.cli import main as run

    if heard:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        run()
    except KeyboardInterrupt:
        _leave()
    except Exception as error:
        if _is_interrupt(error):
            _leave()
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done; an interrupt would only spoil the exit


def _interrupt(number: int, frame: FrameType | None) -> None:
    """As Python's own handler, but a moment later where numba could not bear it."""
    if frame is None or frame.f_globals.get("__name__") != UNSAFE:
        raise KeyboardInterrupt
    from threading import Timer

    again = Timer(MOMENT, signal.raise_signal, (number,))
    again.daemon = True
    again.start()


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether an error is what Python made of an interrupt: in the making of a class it wraps it in another."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _leave(*_: object) -> None:
    """End at once: nothing has been begun, or all of it has been undone."""
    try:  # noqa: SIM105  contextlib may be half-imported at this moment
        os.write(2, STOPPED.encode())
    except OSError:
        pass
    os._exit(130)


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """An interrupt that came in a callback, from which Python cannot raise it."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        _leave()
    sys.__unraisablehook__(lost)


if __name__ == "__main__":
    main()
