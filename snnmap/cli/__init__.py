"""The command line: a thin shell over the public functions of the same names.

Results go to stdout, everything else to stderr. `--json` prints one JSON document on stdout. Exit codes: 0 done, 1 the
mapping is not legal or breaks its guarantee, 2 the input or the command is wrong, 3 it does not fit the hardware, 130
stopped by the user.
"""

import sys

import click

from snnmap.cli import terminal
from snnmap.cli.accuracy import accuracy
from snnmap.cli.advise import advise
from snnmap.cli.buffers import buffers
from snnmap.cli.check_algorithm import check_algorithm
from snnmap.cli.chip import chip
from snnmap.cli.compare import compare
from snnmap.cli.convert import convert
from snnmap.cli.mac import mac
from snnmap.cli.manycore import manycore
from snnmap.cli.mapping import compile_, diff, schema, verify_, where
from snnmap.cli.pareto import pareto
from snnmap.cli.phases import phases
from snnmap.cli.report import report
from snnmap.cli.simulate import simulate
from snnmap.cli.study import study
from snnmap.cli.sweep import sweep
from snnmap.cli.throughput import throughput
from snnmap.cli.train import train
from snnmap.cli.warm_up import warm_up
from snnmap.cli.workload import algorithms, check, hardware, inspect, profile, workloads
from snnmap.core.errors import InfeasibleError, SnnmapError
from snnmap.core.suggest import suggestion
from snnmap.core.version import __version__

EPILOG = """\b
Start here:
  snnmap compile mnist-mlp -o mapping.json     compile a shipped trained network
  snnmap verify mapping.json                   check it independently
  snnmap report mapping.json                   its figures
  snnmap workloads; snnmap hardware list       what ships with snnmap
"""


class Commands(click.Group):
    """Group that offers the nearest name for an unknown one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the suggestion."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}; {suggestion(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EPILOG
)
@click.version_option(__version__, prog_name="snnmap")
def cli() -> None:
    """Compile spiking neural networks onto memristor crossbar tiles."""


for command in (
    inspect,
    check,
    advise,
    profile,
    convert,
    train,
    workloads,
    hardware,
    algorithms,
    check_algorithm,
    compile_,
    phases,
    verify_,
    simulate,
    accuracy,
    mac,
    manycore,
    chip,
    throughput,
    buffers,
    report,
    compare,
    study,
    sweep,
    pareto,
    where,
    diff,
    schema,
    warm_up,
):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: run a command and turn errors into one line and an exit code."""
    if sys.stdout is None:
        _stop("error: the output cannot be written: stdout is closed", 2)
    try:
        code = cli.main(args=arguments, prog_name="snnmap", standalone_mode=False)
    except InfeasibleError as error:
        _stop(f"does not fit: {error}", 3)
    except SnnmapError as error:
        _stop(f"error: {error}", 2)
    except click.UsageError as error:
        path = "snnmap" if error.ctx is None else error.ctx.command_path
        said = error.format_message()
        _stop(f"error: {said}{'' if said.endswith(('.', '?')) else '.'} See `{path} --help`.", 2)
    except click.ClickException as error:
        _stop(f"error: {error.format_message()}", 2)
    except (click.Abort, KeyboardInterrupt):
        _stop("stopped; no file is half-written", 130)
    except OSError as error:
        sys.stdout = None  # what it still holds cannot be written either, and would fail again at exit
        _stop(f"error: the output cannot be written: {error.strerror or error}", 2)
    except MemoryError:
        _stop("error: out of memory; use a smaller network, fewer samples, or a machine with more memory", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _stop(message: str, code: int) -> None:
    terminal.say(f"snnmap: {message}")
    sys.exit(code)
