"""Dataflow theory: rates, cycle ratios, self-timed execution. Knows no chip and no network."""
