"""Integer networks on machines that multiply and accumulate in place: BrainScaleS-2.

`layers` reads a network as matrices that are used once or, where it is a convolution, once per position; `run` puts
them on a chip block by block and runs frames through it. Sums are exact (`physics.mac`); noise is drawn per layer and
block from streams of the chip's seed, so that results do not depend on how many frames are run at a time.
"""
