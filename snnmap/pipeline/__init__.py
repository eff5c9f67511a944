"""The order of the stages, and the only package that knows it. Chooses nothing itself."""
