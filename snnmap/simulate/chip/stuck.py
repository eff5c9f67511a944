"""Who waits for whom when a run cannot go on."""

from snnmap.simulate.chip.arrays import Arrays
from snnmap.simulate.chip.machine import Machine
from snnmap.simulate.kernels.chip import ENDED, STARTED, TURN
from snnmap.simulate.kernels.routers import NONE, STEPS, TOKENS

SHOWN = 6


def stuck(machine: Machine, state: Arrays) -> str:
    """The actors whose turn it is on every place that is not done, and what each waits for."""
    chip, names = state.chip, machine.names
    lines = []
    for place in range(len(chip.order_ptr) - 1):
        first, last = int(chip.order_ptr[place]), int(chip.order_ptr[place + 1])
        actor = int(chip.order[first + state.firing.actor[TURN, place]]) if first < last else NONE
        if actor != NONE and state.firing.actor[STARTED, actor] < state.rules[STEPS]:
            reasons = _reasons(machine, state, actor)
            step = int(state.firing.actor[STARTED, actor])
            lines.append(f"step {step} of {names[actor]} waits for {' and for '.join(reasons)}")
    more = f"; {len(lines) - SHOWN} more wait" if len(lines) > SHOWN else ""
    return "Deadlock: " + "; ".join(lines[:SHOWN]) + more + "."


def _reasons(machine: Machine, state: Arrays, actor: int) -> list[str]:
    chip, firing, program, names = state.chip, state.firing, machine.program, machine.names
    n, partner = int(firing.actor[STARTED, actor]), int(chip.partner[actor])
    reasons = []
    if partner != NONE and firing.actor[ENDED, partner] < n + chip.ahead[actor]:
        reasons.append(f"{names[partner]} of the same cluster")
    into = chip.into[chip.into_ptr[actor] : chip.into_ptr[actor + 1]].tolist()
    empty = [c for c in into if firing.arrived[chip.message[c]] <= n - chip.delayed[c]]
    reasons += [f"what {names[program.producer[c]]} sends" for c in empty]
    out = chip.out[chip.out_ptr[actor] : chip.out_ptr[actor + 1]].tolist()
    full = [c for c in out if firing.held[c] >= state.rules[TOKENS]]
    return reasons + [f"room at {names[program.consumer[c]]}" for c in full]
