"""Questions to networks, chips and mappings, one file each; plain data, for terminal, JSON and notebook alike."""
