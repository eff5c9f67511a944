"""Front end: files, names and options to one `Workload`; the only part of snnmap that knows file formats.

Networks (NIR, Lava, recipes) and recorded activity are read into arrays by `load_network` and `load_workload`; every
reader ends in `networks.assemble`, so that numbering, levels and exact weights are the same for all. Input data of
every kind become one `Recording` first and input spikes of one network second, because the same file serves networks
of different shapes and steps.

Readers are tolerant where files in the wild are known to be sloppy (repairs are reported, `strict` refuses them) and
strict about what a user wrote by hand (workload files). What NIR leaves open (time step, reset) is taken from options,
the workload file, hints of the network file, in this order, and everything assumed is written into the provenance.
Rejected: reading NIR through `nir.read` (refuses most real files) and guessing the dialect without saying so.
"""

from snnmap.frontend.load import load_network, load_workload, workload_table
from snnmap.frontend.options import LoadOptions, parse_seconds

__all__ = ["LoadOptions", "load_network", "load_workload", "parse_seconds", "workload_table"]
