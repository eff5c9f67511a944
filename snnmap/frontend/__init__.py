"""Front end: files, names and options to one `Workload`; the only part of snnmap that knows file formats.

Networks (NIR, Lava, recipes) and recorded activity are read into arrays by `load_network` and `load_workload`; every
reader ends in `networks.assemble`, so that numbering, levels and exact weights are the same for all. Input data of
every kind become one `Recording` first and input spikes of one network second, because the same file serves networks
of different shapes and steps.

Readers are tolerant where files in the wild are known to be sloppy (repairs are reported, `strict` refuses them) and
strict about what a user wrote by hand (workload files). What NIR leaves open (time step, reset, ...) is taken from
options, a stated dialect, the workload file, the dialect that the file's marks tell, in this order (`stepping`), and
everything assumed is written into the provenance. Networks and data in memory take the same way (`memory`).
Rejected: reading NIR through `nir.read` (refuses most real files) and guessing the dialect without saying so.
"""

from snnmap.frontend.load import Source, load_network, load_workload, located_source, workload_table
from snnmap.frontend.memory import from_nir
from snnmap.frontend.networks.save import save_network
from snnmap.frontend.options import Data, LoadOptions, parse_seconds
from snnmap.frontend.snntorch import from_snntorch

__all__ = [
    "Data",
    "LoadOptions",
    "Source",
    "from_nir",
    "from_snntorch",
    "load_network",
    "load_workload",
    "located_source",
    "parse_seconds",
    "save_network",
    "workload_table",
]
