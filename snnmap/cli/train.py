"""The command `train`: a recipe and data to a network that every command takes as a source."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap train mnist-qsnn4 --data train-images-idx3-ubyte.gz -o net.npz\n"
    "  snnmap train recipe.toml --data images.npz --labels labels.npy --epochs 5 -o net.npz --resume\n"
    "  snnmap train mnist-tha1 --data train-images-idx3-ubyte.gz --test t10k-images-idx3-ubyte.gz -o net.npz",
)
@click.argument("recipe")
@click.option("-o", "--output", type=options.FILE, required=True, help="Write the trained network here (.npz).")
@click.option("--data", type=options.FILE, help="Training data: npz, npy, MNIST idx, ...")
@click.option("--labels", type=options.FILE, help="Labels, where they are not beside the data.")
@click.option("--layout", metavar="LETTERS", help="Axes of the data: B samples, T steps, C H W or F features.")
@click.option("--samples", type=int, metavar="N", help="Train on the first N samples.")
@click.option("--test", type=options.FILE, help="Data that the trained network is run on at the end, by snnmap itself.")
@click.option("--test-labels", type=options.FILE, help="Their labels, where they are not beside them.")
@click.option("--epochs", type=int, metavar="N", help="Epochs, in the place of the recipe's.")
@options.seed
@click.option("--threads", type=int, default=1, show_default=True, help="Threads; others may give other bytes.")
@click.option("--trace", type=options.FILE, help="Write how often every cell was written (.npz; method cim).")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint beside the output, if there is one.")
@click.option(
    "--checkpoint-every",
    type=options.TIME,
    default=20.0,
    show_default="20 s",
    help="Time between checkpoints; one follows every epoch, too.",
)
@options.quiet
@options.as_json
def train(
    recipe: str, output: Path, test: Path | None, test_labels: Path | None, quiet: bool, json_: bool, **given: Any
) -> None:
    """Train a network of few-level weights for the chip (needs the extra: pip install 'snnmap[train]')."""
    if test is None and test_labels is not None:
        raise InputError("--test-labels are those of --test; give the data, too")
    wanted = snnmap.TrainOptions(**given)

    def tell(number: int, epoch: snnmap.Epoch) -> None:
        if not quiet:
            terminal.say(_told(number, epoch))

    with terminal.progress(quiet) as progress:
        made = snnmap.train_network(recipe, output, wanted, progress=progress, tell=tell)
        tested = None
        if test is not None:
            tested = made.tested(test, test_labels, given["layout"], progress)
    network = made.read.network
    for note in () if quiet else made.notes:
        terminal.say(f"note: {note}")
    if json_:
        terminal.as_json(
            {
                "network": str(output),
                "neurons": network.neurons,
                "synapses": network.synapses,
                "digest": network.digest(),
                "epochs": [{f: getattr(e, f) for f in e.__struct_fields__} for e in made.epochs],
                "writes": None if made.writes is None else int(made.writes.every.sum()),
                "accuracy": None if tested is None else tested.accuracy,
            }
        )
        return
    terminal.line(f"wrote {output}: {network.neurons:,} neurons, {network.synapses:,} synapses")
    if made.writes is not None:
        every = made.writes.every
        terminal.line(f"writes per cell: largest {every.max():,}, mean {every.mean():,.1f}, of {every.size:,} cells")
    if tested is not None and tested.accuracy is not None:
        terminal.line(f"accuracy {100 * tested.accuracy:.2f} % of {tested.frames:,} samples, as run by snnmap")


def _told(number: int, epoch: snnmap.Epoch) -> str:
    """An epoch as a line."""
    held_out = "" if epoch.held_out is None else f", held out {100 * epoch.held_out:.2f} %"
    return (
        f"epoch {number}: loss {epoch.loss:.4f}, accuracy {100 * epoch.accuracy:.2f} %{held_out}, "
        f"{epoch.spikes:,.0f} spikes a sample"
    )
