"""Temperature, leakage and wear of a mapped chip, cell by cell from plain lists: slow, and shares no snnmap code.

A case is a dict: `weight` (N, N) of synapses; `group` (N,) population of every source; `spikes` (N,); `on`, per step
the set of sources that spike; `clusters`, each (rows {source: physical row}, columns {source: physical column}, tile);
`home` {source: cluster}; `level` (N,), those from `externals` on neurons, `biases` a set; `sent`, `merged` (T,);
`window` steps of `step` seconds, `steps` a frame; `mesh` (width, height); `size`
(R, C); `feature`, the node in m; `v`, every value of chip and technology in SI.
"""

import math

import numpy as np
from oracles import nodal, thermal_sheet
from scipy.special import ndtr

BOLTZMANN = 1.380649e-23


def synapses(case, cluster):
    """(row, column, source, share) of every programmed cell of a cluster."""
    rows, columns, _ = cluster
    weight, group = case["weight"], case["group"]
    largest = {g: np.abs(weight[:, group == g]).max() for g in np.unique(group)}
    return [
        (i, j, pre, abs(weight[pre, post]) / largest[group[post]])
        for pre, i in rows.items()
        for post, j in columns.items()
        if weight[pre, post] != 0
    ]


def company(case, cluster):
    """Share of the reads of the other rows of a cluster in which each of its rows is on, {source: share}."""
    on = [sum(source in case["on"][step] for source in cluster[0]) for step in range(case["window"])]
    rate = {s: sum(s in case["on"][step] for step in range(case["window"])) / case["window"] for s in cluster[0]}
    chance = sum(a * b for s, a in rate.items() for t, b in rate.items() if s != t)
    beside = sum(n * (n - 1) for n in on) / case["window"]
    return {s: min(1.0, a * (beside / chance if chance else 1.0)) for s, a in rate.items()}


def array(case, cluster):
    """Conductances, which cells are used, and mean current of every cell in the reads of its row."""
    v, shape = case["v"], case["size"]
    G, used = np.zeros(shape), np.zeros(shape, bool)
    for j in cluster[1].values():
        G[:, j] = v["g_min"]
    for i, j, _, share in synapses(case, cluster):
        G[i, j], used[i, j] = v["g_min"] + share * (v["g_max"] - v["g_min"]), True
    warm = 1 + v["wire_temperature_coefficient"] * (v["ambient_temperature"] - 300)
    wires = nodal.Wires(v["r_wordline"] * warm, v["r_bitline"] * warm, v["r_source"], v["r_sense"])
    share = np.zeros(shape[0])
    for source, together in company(case, cluster).items():
        share[cluster[0][source]] = together
    return G, used, nodal.shared_currents(G=G, volts=v["read_voltage"], wires=wires, share=share)


def row_spikes(case, cluster):
    spikes = np.zeros(case["size"][0])
    for source, i in cluster[0].items():
        spikes[i] = case["spikes"][source]
    return spikes


def heat_of_tiles(case):
    """Per tile: average rise of the surroundings and of the cells themselves (R, C); energy of the reads."""
    v, tiles = case["v"], case["mesh"][0] * case["mesh"][1]
    power, energy = np.zeros((tiles, *case["size"])), np.zeros(tiles)
    for cluster in case["clusters"]:
        G, _, current = array(case, cluster)
        spikes = row_spikes(case, cluster)
        for i, j in np.argwhere(G > 0):
            duty = spikes[i] * v["read_time"] / (case["window"] * case["step"])
            power[cluster[2], i, j] += current[i, j] ** 2 / G[i, j] * duty
            energy[cluster[2]] += v["read_voltage"] * current[i, j] * v["read_time"] * spikes[i]
    vertical = v["oxide_conductivity"] * v["cell_pitch"] ** 2 / v["oxide_thickness"]
    lateral = v["sheet_conductance_row"], v["sheet_conductance_column"]
    around = np.array([thermal_sheet.rise(p, vertical, *lateral) for p in power])
    return around, power * v["thermal_resistance"], energy


def resistance_matrix(case):
    """Rise of every tile per watt in every tile, K/W, by a dense solve."""
    v, (width, height) = case["v"], case["mesh"]
    common = v["convection_resistance"] + v["spreader_resistance"]
    area = tile_area(v, case["size"], case["feature"])
    up = 1 / (
        v["die_thickness"] / (2 * v["die_conductivity"] * area)
        + v["interface_thickness"] / (v["interface_conductivity"] * area)
    )
    lateral = v["die_conductivity"] * v["die_thickness"]
    nodes = thermal_sheet.conductance_matrix((height, width), up, lateral, lateral).toarray()
    return np.linalg.inv(nodes) + common


def constriction(case, v):
    """Rise of the silicon under an array per watt in that array, K/W."""
    side = v["cell_pitch"] * math.sqrt(case["size"][0] * case["size"][1])
    return 0.47 / (v["die_conductivity"] * side)


def other_sign(case):
    """Reads of the arrays of the other sign, all at g_min in the columns in use, J per tile."""
    v, energy = case["v"], np.zeros(case["mesh"][0] * case["mesh"][1])
    for rows, columns, tile in case["clusters"]:
        reads = sum(case["spikes"][source] for source in rows)
        energy[tile] += v["read_voltage"] ** 2 * v["g_min"] * v["read_time"] * reads * len(columns)
    return energy


def columns_read(case, cluster):
    """Columns of a cluster, each as often as something that columns of its level hear is on."""
    rows, columns, _ = cluster
    level, total = case["level"], 0
    for own in {level[post] for post in columns}:
        mine = [post for post in columns if level[post] == own]
        heard = [pre for pre in rows if any(case["weight"][pre, post] for post in mine)]
        for t in range(case["window"]):
            before = case["on"][t - 1] if t % case["steps"] else set()
            late = {pre for pre in heard if pre >= case["externals"] and level[pre] >= own}
            total += len(mine) * any(pre in (before if pre in late else case["on"][t]) for pre in heard)
    return total


def event_energy(case):
    """Neurons, routers, merging, converters, drivers of both arrays and buffers over the window, J per tile."""
    v = case["v"]
    fired, read, pulses, received = np.zeros((4, case["mesh"][0] * case["mesh"][1]))
    for source, k in case["home"].items():
        fired[case["clusters"][k][2]] += case["spikes"][source]
    for k, cluster in enumerate(case["clusters"]):
        read[cluster[2]] += columns_read(case, cluster)
        for source in cluster[0]:
            pulses[cluster[2]] += 2 * case["spikes"][source]
            if source not in case["biases"] and case["home"].get(source) != k:
                received[cluster[2]] += case["spikes"][source]
    energy = fired * v["neuron_energy"] + case["sent"] * v["hop_energy"] + case["merged"] * v["merge_energy"]
    bits = received * v["spike_bits"] + case["merged"] * v["sum_bits"]
    energy += read * (v["adc_energy"] + v["sample_hold_energy"]) + pulses * v["dac_energy"] + bits * v["buffer_energy"]
    return energy


def settle(case, v, power, ambient, above):
    """Temperature beside the arrays, K per tile: ambient + above + R (power + leakage there), by plain repetition."""
    R = resistance_matrix(case)
    kelvin = np.full(len(power), ambient)
    for _ in range(400):
        kelvin = ambient + above + R @ (power + leak(v, case["size"], case["feature"], kelvin))
    return kelvin


def per_tile(v, size, what):
    """Sum of `what` over the periphery of one tile, in feature sizes."""
    rows, columns = size
    return (
        rows * (2 * v[f"driver_{what}"] + 2 * v[f"dac_{what}"] + v["buffer_bytes"] * v[f"buffer_{what}"])
        + columns * (v[f"sample_hold_{what}"] + v[f"neuron_{what}"])
        + math.ceil(columns / v["adc_columns"]) * v[f"adc_{what}"]
        + v[f"router_{what}"]
    )


def tile_area(v, size, feature):
    """Area of one tile, m2."""
    return (2 * size[0] * size[1] * v["cell_pitch"] ** 2 + per_tile(v, size, "area") * feature**2) / v["layout_share"]


def leak(v, size, feature, kelvin):
    """Leakage of one tile, W."""
    width = per_tile(v, size, "width") * feature
    factor = np.exp(-(v["leakage_energy"] / BOLTZMANN) * (1 / kelvin - 1 / 300))
    return width * v["supply_voltage"] * v["leakage_current"] * (kelvin / 300) ** 2 * factor


def write_power(case):
    """Energy of one cell's programming, and watts per tile where clusters take turns, for cells of both signs."""
    v, tiles = case["v"], case["mesh"][0] * case["mesh"][1]
    pulse = (v["reset_current"] ** 2 * v["reset_time"] + v["set_current"] ** 2 * v["set_time"]) / 2
    each = pulse * v["dynamic_resistance"] * v["program_pulses"]
    here = [[c for c in case["clusters"] if c[2] == t] for t in range(tiles)]
    written = [sum(len(synapses(case, c)) for c in group) if len(group) > 1 else 0 for group in here]
    return each, 2 * np.array(written) * each / case["step"]


def state(case):
    """Everything at the fixed point of leakage and temperature, found by plain repetition."""
    v = case["v"]
    around, own, energy = heat_of_tiles(case)
    seconds = case["window"] * case["step"]
    dynamic = (energy + other_sign(case) + event_energy(case)) / seconds
    each, programming = write_power(case)
    under = constriction(case, v) * (energy / seconds + programming / 2)
    kelvin = settle(case, v, dynamic + programming, v["ambient_temperature"], under)
    array_rise = np.array([(a + o).mean() for a, o in zip(around, own, strict=True)])
    return {
        "tile": kelvin,
        "leakage": leak(v, case["size"], case["feature"], kelvin),
        "dynamic": dynamic,
        "programming": float(programming.sum()),
        "each": each,
        "temperature": np.array([kelvin[c[2]] + array_rise[c[2]] for c in case["clusters"]]),
        "energy": energy.sum() + other_sign(case).sum(),
        "around": around,
    }


def wear(case, found):
    """Refresh interval of every cluster, s, and the hottest cell in a read, K."""
    v = case["v"]
    refresh, hottest = [], 0.0
    for cluster in case["clusters"]:
        G, _, current = array(case, cluster)
        spikes, tile, losses, shares = row_spikes(case, cluster), cluster[2], [], []
        for i, j, _, _ in synapses(case, cluster):
            rest = found["tile"][tile] + found["around"][tile][i, j]
            warm = -math.expm1(-v["read_time"] / v["thermal_time"])
            pulse = current[i, j] ** 2 / G[i, j] * v["thermal_resistance"] * warm
            reads = spikes[i] / (case["window"] * case["step"])
            duty = reads * v["read_time"]
            loss = (1 - duty) * retention(v, rest) + duty * retention(v, rest + pulse)
            if "read_endurance" in v:
                excess = (current[i, j] / G[i, j] - v["read_disturb_voltage"]) / v["read_disturb_scale"]
                loss += reads * math.exp(excess) / v["read_endurance"]
            losses.append(loss)
            shares.append(G[i, j] / v["g_max"])
            hottest = max(hottest, rest + (pulse if duty > 0 else 0.0))
        lost = 1 / sorted(losses, reverse=True)[max(math.ceil(v["refresh_share"] * len(losses)), 1) - 1]
        refresh.append(min(lost, drift(case, np.array(shares)) or math.inf))
    return refresh, hottest


def lifetimes(case, refresh):
    """Median lifetime, s, of every physical cell of every tile, crossbars refreshed every `refresh` s (K,)."""
    v, lifetime = case["v"], {}
    budget = v["endurance"] * (v["reset_time"] / v["endurance_reference_time"]) ** -v["endurance_exponent"]
    for k, cluster in enumerate(case["clusters"]):
        sharing = [c for c in case["clusters"] if c[2] == cluster[2]]
        for i, j, _, _ in synapses(case, cluster):
            writers = sum(any((i, j) == cell[:2] for cell in synapses(case, c)) for c in sharing)
            often = writers / case["step"] if len(sharing) > 1 else 1 / refresh[k]
            lifetime[cluster[2], i, j] = budget / (v["program_pulses"] * often)
    return lifetime


def retention(v, kelvin):
    return (
        math.exp(-(v["activation_energy"] / BOLTZMANN) * (1 / kelvin - 1 / v["retention_temperature"]))
        / v["retention_time"]
    )


def drift(case, shares):
    """Seconds until `refresh_share` of cells of relative conductance `shares` are off; 0 if they are as programmed."""
    v, low, high = case["v"], 0.0, 1e12
    beyond = {"pcm-like": off, "rram-wan": off_rram}.get(case["noise"])
    if not beyond or beyond(shares, v["weight_tolerance"], high) < v["refresh_share"]:
        return math.inf
    if beyond(shares, v["weight_tolerance"], low) >= v["refresh_share"]:
        return 0.0
    for _ in range(80):
        middle = math.sqrt(max(low, 1e-3) * high)
        low, high = (
            (low, middle) if beyond(shares, v["weight_tolerance"], middle) >= v["refresh_share"] else (middle, high)
        )
    return high


def off_rram(g, tolerance, t):
    """As `off`, of Wan's resistive cells, which relax within two days and not again: at any time, uS of 40."""
    g = np.asarray(g, float)
    sigma = np.hypot(np.polyval((-11.934, 37.062, -43.507, 20.274, 0.782), g) / 40, np.where(g >= 0.001, 0.01, 10 * g))
    return float((ndtr(-tolerance / sigma) + np.where(g > tolerance, ndtr(-tolerance / sigma), 0)).mean())


def off(g, tolerance, t):
    """Share of cells beyond the tolerance by aihwkit's PCM-like model, g over g_max, the mean drift scaled away.

    The three errors as normal variables, drift as an exponential; the exponent on a fine grid."""
    g = np.asarray(g, float)[:, None]
    z = np.linspace(-8, 8, 1601)[None, :]
    weight = np.exp(-(z**2) / 2)
    factor = np.exp(-z * np.clip(-0.0125 * np.log(g) - 0.0059, 0.008, 0.045) * math.log((t + 20) / 20))
    programmed = (0.26348 + 1.9650 * g - 1.1731 * g**2) / 25
    read = g * np.minimum(0.0088 / g**0.65, 0.2) * math.sqrt(math.log((t + 20 + 250e-9) / 500e-9))
    sigma = factor * np.sqrt(programmed**2 + read**2)
    above = ndtr(-(g + tolerance - g * factor) / sigma)
    below = np.where(g > tolerance, ndtr((g - tolerance - g * factor) / sigma), 0)
    return float((((above + below) * weight).sum(axis=1) / weight.sum()).mean())


def paper(case, v):
    """eSpine's lifetime in windows per cluster, spike-mean and time-mean temperature, leakage of every tile; `v` the
    constants of chip and paper."""
    (R, C), time = case["size"], case["window"] * case["step"]
    word, bit = v["r_wordline"], v["r_bitline"]
    resistance = np.array(
        [[v["espine_path_resistance"] + (j + 1) * word + (R - i) * bit for j in range(C)] for i in range(R)]
    )
    volts = v["espine_spike_current"] * resistance.max()
    current = volts / resistance
    watts = current**2 * v["espine_path_resistance"]
    R_th = v["espine_cell_length"] ** 2 / (v["espine_conductivity"] * v["espine_cell_volume"])
    tau = v["espine_cell_length"] ** 2 * v["espine_heat_capacity"] / v["espine_conductivity"]
    own = np.zeros((R, C))
    for i in range(R):
        for j in range(C):
            ohm = v["espine_r_set"]
            for _ in range(200):
                own[i, j] = current[i, j] ** 2 * ohm * R_th * (1 - math.exp(-v["espine_spike_time"] / tau))
                amorphous = 1 - math.exp(
                    -v["espine_crystallisation"] * own[i, j] / v["espine_melt_temperature"] * v["espine_spike_time"]
                )
                ohm = v["espine_r_set"] + amorphous * (v["espine_r_reset"] - v["espine_r_set"])
    vertical = v["oxide_conductivity"] * v["cell_pitch"] ** 2 / v["oxide_thickness"]
    lateral = v["sheet_conductance_row"], v["sheet_conductance_column"]
    R_th *= v["espine_r_set"] / v["espine_path_resistance"]
    tiles = case["mesh"][0] * case["mesh"][1]
    share = [np.zeros((R, C)) for _ in range(tiles)]
    for c in case["clusters"]:
        for i, j, source, _ in synapses(case, c):
            share[c[2]][i, j] += case["spikes"][source] * v["espine_spike_time"] / time
    sheets = [thermal_sheet.rise(watts * duty, vertical, *lateral) for duty in share]
    above = np.array([(s + watts * duty * R_th).mean() for s, duty in zip(sheets, share, strict=True)])
    arrays = np.array([float((volts * current * duty).sum()) for duty in share])
    under = constriction(case, v) * arrays
    beside = settle(case, v, arrays + event_energy(case) / time, v["espine_ambient"], under + above)
    results = []
    for cluster in case["clusters"]:
        sharing = [c for c in case["clusters"] if c[2] == cluster[2]]
        passes = np.zeros((R, C))
        for c in sharing:
            for i, j, source, _ in synapses(case, c):
                passes[i, j] += case["spikes"][source]
        power, sheet, below = watts * share[cluster[2]], sheets[cluster[2]], (beside - above)[cluster[2]]
        lasts, spiking = [], []
        for i, j, source, _ in synapses(case, cluster):
            impulse = np.zeros((R, C))
            impulse[i, j] = power[i, j]
            rise = own[i, j] + sheet[i, j] - thermal_sheet.rise(impulse, vertical, *lateral)[i, j]
            spikes = case["spikes"][source]
            spiking += [(rise, spikes)]
            if spikes:
                lasts.append(math.exp(v["espine_gamma"] / (below + rise)) / passes[i, j])
        total = sum(s for _, s in spiking)
        mean = below + (sum(r * s for r, s in spiking) / total if total else 0.0)
        results.append((min(lasts, default=math.inf), mean, beside[cluster[2]]))
    return results, leak(v, case["size"], case["feature"], beside)
