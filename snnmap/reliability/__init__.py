"""What a mapping does to the chip: temperature, leakage and lifetime, in two modes that are never mixed in one number.

`device`: exact currents of the programmed conductances, duty-weighted heating, leakage at its fixed point with
temperature, wear from real writes (refresh against drift and loss of state, time-multiplexing). `espine`: eSpine's
equations on the same mapping, at the espine twin of the technology (`espine-<name>`), where every spike wears the cell.

Operating point: one network step every max(dt or the pace asked for, guaranteed period) seconds, the profiled frames
over and over; each spike reads its row once, together with the others that spike in its step. All states are for that
average activity. Clusters that take turns on a tile share its memory cells: their heat and their writes add up there.
"""
