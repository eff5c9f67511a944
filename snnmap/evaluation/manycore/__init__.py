"""A network on a digital many-core machine: what a tile holds, and what a step takes. Estimates, closed form."""
