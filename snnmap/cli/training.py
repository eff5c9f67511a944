"""What `report --training-writes` prints."""

import snnmap
from snnmap.cli import terminal


def show(answer: snnmap.TrainingWear | None) -> None:
    """Writes of a training beside what the cells endure, if that was asked for."""
    if answer is None:
        return
    rows = [(each.layer, f"{each.cells:,}", f"{each.largest:,}", terminal.number(each.mean)) for each in answer.layers]
    cells = sum(each.cells for each in answer.layers)
    rows.append(("all", f"{cells:,}", f"{answer.largest:,}", terminal.number(answer.mean)))
    terminal.table("writes in training", ("layer", "cells", "largest", "mean"), rows)
    low, middle, high = (terminal.number(trainings) for trainings in answer.trainings)
    share, most = terminal.number(100 * answer.consumed), terminal.number(answer.endurance)
    terminal.line(
        f"{answer.batches:,} batches took {share} % of the endurance of the most written cell ({answer.technology}: "
        f"{most} writes); trainings until the first cell fails: {middle} ({low} to {high}, 10 to 90 % probability)"
    )
    terminal.line()
