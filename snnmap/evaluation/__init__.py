"""Every figure of a mapping, how far it can be trusted, and the maps behind it."""
