"""Options that several commands share, with one spelling and one help text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.core.errors import InputError

Function = Callable[..., Any]


class Command(click.Command):
    """A command that refuses an option given twice where it takes one value, rather than forget the first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, after the look at what is given more than once."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        single = [p for p in order if isinstance(p, click.Option) and not (p.multiple or p.count or _is_switch(p))]
        for option in single:
            if (times := single.count(option)) > 1:
                named = "/".join([*option.opts, *option.secondary_opts])
                ctx.fail(f"'{named}' is given {times} times, and takes one value: give it once")
        return super().parse_args(ctx, args)


def _is_switch(option: click.Option) -> bool:
    """Whether an option can only be set, so that setting it again changes nothing."""
    return option.is_flag and not option.secondary_opts


class Time(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A time in seconds, or with a unit."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        try:
            return float(value) if isinstance(value, int | float) else snnmap.parse_seconds(str(value))
        except InputError as error:
            self.fail(str(error), param, ctx)


class Copies(click.ParamType):  # type: ignore[type-arg]
    """A number of copies, or `auto`, which is 0."""

    name = "copies"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        if str(value) == "auto":
            return 0
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is no number of copies; give a whole number, or auto", param, ctx)


TIME = Time()
COPIES = Copies()
FILE = click.Path(path_type=Path, dir_okay=True)

as_json = click.option(
    "--json", "json_", is_flag=True, help="Print one JSON document on stdout and nothing else there."
)
quiet = click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks on stderr.")

_CHIP = (
    click.option("--hw", "hardware", default="pcm-mesh", show_default=True, help="Chip: shipped name or TOML file."),
    click.option("--rows", metavar="N", help="Rows of its crossbars: a number or unlimited; default: the chip's."),
    click.option("--columns", metavar="N", help="Columns of its crossbars; default: the chip's."),
    click.option("--tiles", metavar="WxH", help="Tiles of its mesh, across and down; default: the chip's."),
    click.option("--chips", metavar="AxD", help="Such chips, across and down, joined at their borders; default: one."),
)
SIZES = ("rows", "columns", "tiles", "chips")
"""Those of them that say a size."""
technology = click.option("--technology", help="Device technology for that chip; default: the chip's own.")
pooling = click.option(
    "--pooling",
    type=click.Choice(["fold", "relay"]),
    default="fold",
    show_default=True,
    help="Multiply pooling into the next layer, or keep it as relay neurons.",
)
_QUANTISE = (
    click.option("--quantise", metavar="HOW", help="Round weights to integers of each layer: max, percentile or mse."),
    click.option("--bits", type=int, metavar="N", help="Bits of such an integer, 1 to 8: 4 are -7..7, 1 is -1, 1."),
    click.option("--levels", type=int, metavar="N", help="Or how many integers there are, 2 to 256."),
)
strict = click.option("--strict", is_flag=True, help="Refuse files that need a repair instead of reporting it.")
dialect = click.option(
    "--dialect",
    type=click.Choice(["snntorch", "sinabs", "spikingjelly", "norse", "lava", "nir"]),
    help="Whose reading of the network holds: dt, reset, comparison, ... at once; default: a guess, which is said.",
)

_HOLDING = (
    click.option(
        "--conv",
        type=click.Choice(snnmap.CONVS),
        default="unrolled",
        show_default=True,
        help="Hold convolutions by synapses, or their kernels once for all positions; auto: as the objective wants.",
    ),
    click.option(
        "--copies",
        type=COPIES,
        default=0,
        metavar="N|auto",
        help="Crossbars that hold the same kernels and share their uses; default: as many as are needed.",
    ),
)

_DATA = (
    click.option("--data", type=FILE, help="Input data: npz, npy, MNIST idx, WFDB record, NIRData, ..."),
    click.option("--labels", type=FILE, help="Labels, where they are not beside the data."),
    click.option(
        "--layout", metavar="LETTERS", help="Axes of the data: B samples, T steps, C H W or F features, e.g. TBCHW."
    ),
    dialect,
    click.option("--dt", type=TIME, help="Duration of a time step: 1e-3, 1ms, 250us."),
    click.option("--steps", type=int, metavar="N", help="Time steps per sample."),
    click.option(
        "--reset",
        type=click.Choice(["value", "subtract", "zero", "subtract-next", "none"]),
        help="What v becomes after a spike; subtract-next subtracts in the step after (snnTorch).",
    ),
    click.option(
        "--encode",
        type=click.Choice(["rate", "poisson", "latency", "current", "uint5", "delta"]),
        help="How frames become spikes.",
    ),
    click.option("--samples", type=int, metavar="N", help="Use the first N samples."),
    click.option("--integration", type=click.Choice(["time", "step"]), help="Time constants in seconds or in steps."),
    click.option("--comparison", type=click.Choice([">", ">="]), help="A neuron spikes if v COMPARISON threshold."),
    click.option(
        "--decay", type=click.Choice(["euler", "exponential"]), help="Leak per step: dt/tau, or 1 - exp(-dt/tau)."
    ),
    click.option("--clamp", type=float, metavar="X", help="Keep v above -X thresholds (sinabs: 1)."),
    click.option("--multispike/--single-spike", default=None, help="Allow several spikes per step (sinabs)."),
    click.option("--max-rate", type=float, metavar="X", help="Spikes per step of a value of 1 (rate, poisson)."),
    click.option("--window", type=TIME, help="Length of the samples cut from an ECG recording."),
    click.option("--delta", type=float, metavar="X", help="Threshold of delta modulation, as a share of the range."),
    pooling,
    click.option(
        "--inputs",
        type=click.Choice(["outside", "column"]),
        help="Network inputs come from outside (default), or take a column each, as a graph's vertices do.",
    ),
    strict,
    *_QUANTISE,
)
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of everything random."
)


_OPERATING = (
    click.option("--pulse", metavar="TIME", help="Length of a read pulse and of eSpine's spike, e.g. 1.77us."),
    click.option("--pace", metavar="PACE", help="realtime, flat-out (at the guaranteed period), or steps per second."),
    click.option("--ambient", metavar="TEMPERATURE", help="Air, e.g. 25degC or 298.15 (K)."),
)


def hw(command: Function) -> Function:
    """Add the options that name a chip and say the size of its crossbars; `chip` makes one text of them."""
    return _CHIP[0](sizes(command))


def sizes(command: Function) -> Function:
    """Add the options that say the size of a chip's crossbars and mesh, and how many chips there are, alone."""
    for option in reversed(_CHIP[1:]):
        command = option(command)
    return command


def chip(given: dict[str, Any]) -> str:
    """Chip, its size and number, as `load_hardware` reads them; takes these options out of `given`."""
    name = str(given.pop("hardware"))
    size = [f"{key}={value}" for key in SIZES if (value := given.pop(key)) is not None]
    return ":".join([name, *([",".join(size)] if size else [])])


def listed(text: str, option: str = "") -> tuple[str, ...]:
    """Parts of a text between commas.

    Raises
    ------
    InputError
        If there is none in what is given for the option; nothing at all may be given.
    """
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if option and text and not parts:
        raise InputError(f"{option} {text!r} lists nothing; give values between commas, or leave it out")
    return parts


def holding(command: Function) -> Function:
    """Add the options that say how convolutions are held."""
    for option in reversed(_HOLDING):
        command = option(command)
    return command


def quantise(command: Function) -> Function:
    """Add the options that round weights; they are among those of `data_options` too."""
    for option in reversed(_QUANTISE):
        command = option(command)
    return command


def operating_options(command: Function) -> Function:
    """Add the options that say at which pulse, pace and air the chip is operated; what is not given is none."""
    for option in reversed(_OPERATING):
        command = option(command)
    return command


def data_options(command: Function) -> Function:
    """Add the options that say what a workload is fed and how it is stepped; they arrive as keyword arguments."""
    for option in reversed(_DATA):
        command = option(command)
    return command


DATA_FIELDS = (
    *("data", "labels", "layout", "dt", "steps", "dialect", "reset", "encode", "samples"),
    *("integration", "comparison", "decay", "clamp", "multispike", "pooling", "inputs", "strict"),
    *("max_rate", "window", "delta", "quantise", "bits", "levels"),
)


def load_options(given: dict[str, Any], seed: int) -> snnmap.LoadOptions:
    """`LoadOptions` from a command's keyword arguments; takes its own out of `given`."""
    return snnmap.LoadOptions(seed=seed, **{name: given.pop(name) for name in DATA_FIELDS})
