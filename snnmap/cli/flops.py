"""What `report --flops` prints."""

import snnmap
from snnmap.cli import terminal


def show(answer: snnmap.Flops, samples: int) -> None:
    """One classification with spikes and without, by the published rule."""
    terminal.table(
        f"operations per classification, after Hunsberger and Eliasmith 2016; activity measured on {samples:,} samples",
        ("what", "number", "operations each"),
        [
            ("synapses that hear an input", terminal.number(answer.first), "2"),
            ("synaptic events behind them", terminal.number(round(answer.events)), "0.08"),
            ("updates of neurons", terminal.number(round(answer.updates)), "0.25"),
            ("with spikes", terminal.number(round(answer.spiking)), ""),
            ("without: 2 per synapse, 1 per neuron", terminal.number(round(answer.conventional)), ""),
        ],
    )
    terminal.line(
        f"efficiency {answer.efficiency:.2f}: a published estimate (constants recalled) that knows no chip, from real "
        "edges; what this mapping costs on its chip are the figures above"
    )
    terminal.line()
