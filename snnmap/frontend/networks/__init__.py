"""Readers of networks: every one ends in `assemble.build_network`."""
