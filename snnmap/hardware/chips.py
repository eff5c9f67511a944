"""Several chips as one machine: a grid of equal chips whose meshes are joined at their borders.

Every router at a border has a link of its own to its neighbour on the next chip, in each direction: in energy and time
it is unlike the links of a chip. Each chip is in a package of its own. Knows no file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from snnmap.core.errors import InputError
from snnmap.hardware.keys import MAX_MESH
from snnmap.hardware.technology import Quantity

PREFIX = "chip_"
"""What the keys of `[chips.links]` begin with among the values of a machine of several chips."""


@dataclass(frozen=True, slots=True, eq=False)
class Chips:
    """How many chips a machine has, and what lies between them."""

    across: int = 1
    down: int = 1
    links: Mapping[str, Quantity] = field(default_factory=dict)
    """Of a link between chips, by key of `LINK_KEYS` with `PREFIX`; none: its file does not say."""

    @property
    def count(self) -> int:
        """Chips of the machine."""
        return self.across * self.down

    @property
    def grid(self) -> tuple[int, int]:
        """Chips across and down."""
        return self.across, self.down

    @property
    def several(self) -> bool:
        """Whether there are more than one, so that some links lead from chip to chip."""
        return self.count > 1

    def of_grid(self, across: int, down: int) -> "Chips":
        """Another number of chips with the same links.

        Raises
        ------
        InputError
            If there are none, or too many, or nobody says what a link between them takes.
        """
        if across < 1 or down < 1 or across * down > MAX_MESH:
            raise InputError(f"a machine has 1 to {MAX_MESH:,} chips, not {across} x {down}")
        if across * down > 1 and not self.links:
            raise InputError(
                f"{across} x {down} chips need links between them, and the hardware file says nothing of these: give "
                "hop_energy, hop_time and flit_time in its table [chips.links]"
            )
        return Chips(across, down, self.links)
