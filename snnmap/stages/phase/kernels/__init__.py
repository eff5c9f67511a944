"""Loops of the cut into phases that need machine code."""
