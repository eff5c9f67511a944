"""Everything a user may hand over becomes one `Workload`."""
