"""HDF5 in a process of its own, because damaged files crash the library."""
