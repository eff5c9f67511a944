"""Compiled loops on raw arrays.

Every loop over neurons, synapses, moves or events that numpy cannot express lives here, as a numba function that takes
and returns plain arrays. Kernels know no record, raise no user error and draw no random numbers of their own: callers
validate, and pass what was drawn.
"""
