"""Wiring: which physical row a source drives and which physical column a neuron reads, inside each crossbar.

All cells of a row share their source's activity, so a crossbar lives as long as the worst ratio of a programmed cell's
quality (how long it lasts at unit activity) to its row's activity. Two permutations per crossbar are the whole freedom;
rows and columns that stay free are the poorest ones.

**Method.** `activity_sort` takes the best columns, then the best rows over these columns, and gives the most active
source the best row and the most active neuron's column the best column. `identity` numbers entries in order: the
baseline. `weakest_cell` searches where sorting is not optimal, and bounds what is left. `even_heat` climbs to an even
temperature instead, `least_power` assigns lines for little power, `least_error` exchanges them for little disturbance.
"""

from snnmap.stages.protocols import Wirer
from snnmap.stages.wire.even_heat import EvenHeat
from snnmap.stages.wire.least_error import LeastError
from snnmap.stages.wire.least_power import LeastPower
from snnmap.stages.wire.sorting import ActivitySort, Identity
from snnmap.stages.wire.weakest_cell import WeakestCell

ALGORITHMS: dict[str, type[Wirer]] = {
    "identity": Identity,
    "activity_sort": ActivitySort,
    "weakest_cell": WeakestCell,
    "even_heat": EvenHeat,
    "least_power": LeastPower,
    "least_error": LeastError,
}
"""Name to algorithm; each is a frozen dataclass of its tunables."""

__all__ = ["ALGORITHMS", "ActivitySort", "EvenHeat", "Identity", "LeastError", "LeastPower", "WeakestCell"]
