"""Compiled loops of this package, on raw arrays: callers validate."""
