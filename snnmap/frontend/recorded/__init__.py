"""Recorded activity: spikes that somebody else has measured or simulated."""
