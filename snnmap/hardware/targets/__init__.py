"""Machines that are no meshes of crossbars: what a core of each holds, may do and costs. One file per kind.

Their files lie in `hwmodels/targets/`, and are read as strictly as those of chips. Nothing is compiled for them; a
network is cut into what a machine holds by the machine's own rule, which stands here beside its limits.
"""
