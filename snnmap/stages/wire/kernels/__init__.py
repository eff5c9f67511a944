"""Compiled loops of this package, on raw arrays: callers validate, and pass what was drawn."""
