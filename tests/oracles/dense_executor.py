"""Reference executor: one neuron at a time, dense weights, the definition of a delayed synapse taken literally.

Shares no code with snnmap and reads its records by attribute only. Input of neuron j in step t: sum over i of
round(w x_i(t)) where level(j) > level(i), of round(w x_i(t - 1)) elsewhere; `math.fsum` makes every sum exact.
"""

import decimal
import math

import numpy as np


def run(network, stimulus, dynamics):
    """All events as a list of (frame, step, source, value), in ascending order."""
    weights = dense(network)
    events = []
    for frame in range(len(stimulus.frame) - 1):
        own = range(stimulus.frame[frame], stimulus.frame[frame + 1])
        outside = {(int(stimulus.step[e]), int(stimulus.source[e])): float(stimulus.value[e]) for e in own}
        events += [(frame, *event) for event in one_frame(network, weights, outside, stimulus.steps, dynamics)]
    return events


def dense(network):
    """Weights as a dictionary target -> list of (source, weight)."""
    into = {}
    for source in range(len(network.indptr) - 1):
        for s in range(network.indptr[source], network.indptr[source + 1]):
            into.setdefault(int(network.post[s]), []).append((source, float(network.weight[s])))
    return into


def one_frame(network, weights, outside, steps, dynamics):
    size = len(network.indptr) - 1
    home = {i: (k, p) for k, p in enumerate(network.populations) for i in range(p.first, p.first + p.size)}
    cells = {i: Cell(p, i - p.first, dynamics) for i, (_, p) in home.items() if p.kind == "neuron"}
    before = [0.0] * size
    found = []
    for t in range(steps):
        now = [0.0] * size
        for i, (_, p) in home.items():
            now[i] = 1.0 if p.kind == "bias" else outside.get((t, i), 0.0)
        for level in sorted({p.level for p in network.populations}):
            fresh = {}
            for j, (k, p) in home.items():
                if p.kind == "neuron" and p.level == level:
                    terms = [
                        rounded(w * (now if home[i][1].level < level else before)[i], float(network.grid[k]))
                        for i, w in weights.get(j, [])
                    ]
                    fresh[j] = cells[j].step(math.fsum(terms))
            for j, x in fresh.items():
                now[j] = x
        found += [(t, i, now[i]) for i in range(size) if now[i] != 0.0 and home[i][1].kind != "bias"]
        before = now
    return found


def rounded(x, grid):
    return round(x / grid) * grid


class Cell:
    """One neuron: its equation written out, scalar by scalar."""

    def __init__(self, population, index, dynamics):
        self.model = population.model
        self.p = {key: float(values[index]) for key, values in population.parameters.items()}
        self.d = dynamics
        self.dt = dynamics.dt if dynamics.integration == "time" else 1.0
        self.v = self.p.get("v_leak", 0.0)
        if self.model == "IF" and dynamics.reset == "value":
            self.v = self.p["v_reset"]
        self.i = 0.0
        self.history = []
        self.rest = 0
        self.late = 0.0
        self.e, self.h, self.mem = 0.0, 0.0, 0.0
        self.rests, self.passed, self.on = 0.0, (0.0, 0.0), [0.0, 0.0]

    def step(self, x):
        if "tau_alpha" in self.p:
            k = exactly(self.dt / self.p["tau_alpha"])
            first = self.passed[0] + k * (x - self.passed[0])
            self.passed = first, self.passed[1] + k * (first - self.passed[1])
            x = self.passed[1]
        if self.model == "RefractoryLIF":
            return self.nengo(self.p["r"] * x)
        if self.model == "MIF":
            return self.circuit(self.p["gain"] * x)
        if self.model in {"MacReLU", "MacLinear"}:
            whole = math.floor(self.p["gain"] * x) // 2 ** int(self.p["shift"])
            return float(max(min(whole, int(self.p["most"])), int(self.p.get("least", 0))))
        if self.model == "SoftLIF":
            return self.rate(self.p["r"] * x / self.p["v_threshold"] - 1)
        if self.model == "LavaCuba":
            return self.lava(round(x))
        if self.model in {"Leaky", "Synaptic"}:
            return self.snntorch(x)
        if self.model == "Alpha":
            return self.alpha(x)
        if self.model == "Threshold":
            return 1.0 if self.passes(x, self.p["threshold"]) else 0.0
        if self.model == "relay":
            return single(self.p["gain"] * x)
        if self.model == "Delay":
            self.history.append(x)
            back = round(self.p["delay"] / self.dt)
            return single(self.history[-1 - back]) if len(self.history) > back else 0.0
        if self.model == "IF":
            self.v = self.v + self.p["r"] * self.dt * x
            self.pay()
            return self.fire()
        if self.model.startswith("Cuba"):
            self.i = self.i + self.share(self.p["tau_syn"]) * (self.p["w_in"] * x - self.i)
            x = self.i
        tau = self.p["tau_mem"] if self.model.startswith("Cuba") else self.p["tau"]
        self.v = self.v + self.share(tau) * ((self.p["r"] * x + self.p["v_leak"]) - self.v)
        if self.model.endswith("LI"):
            return single(self.v)
        self.pay()
        return self.fire()

    def snntorch(self, x):
        """The forward of snnTorch's Leaky, Lapicque and Synaptic, with products where it has products."""
        beta, limit, code = self.p["beta"], self.p["v_threshold"], self.p["reset"]
        reset = 1.0 if self.mem - limit > 0 else 0.0
        if self.model == "Synaptic":
            self.i = self.p["alpha"] * self.i + x
            x = self.i
        else:
            x = self.p["gain"] * x
        mem = {
            0: lambda: beta * self.mem + x,
            1: lambda: (beta * self.mem + x) - reset * limit,
            2: lambda: (beta * self.mem + x) - reset * limit,
            3: lambda: beta * ((1 - reset) * self.mem) + x,
            4: lambda: (beta * self.mem + x) - reset * (beta * self.mem + x),
        }[code]()
        spike = 1.0 if mem - limit > 0 else 0.0
        self.mem = mem - (spike - reset) * limit if code == 2 else mem
        return spike

    def alpha(self, x):
        """The forward of snnTorch's Alpha."""
        limit, code = self.p["v_threshold"], self.p["reset"]
        reset = 1.0 if self.mem - limit > 0 else 0.0
        e, h = self.p["alpha"] * self.e + x, self.p["beta"] * self.h - x
        mem = self.p["gain"] * (e + h)
        taken = {0: (0.0, 0.0, 0.0), 1: (limit, h, -self.h), 2: (e, h, mem)}[code]
        self.e, self.h, self.mem = (old - part * reset for old, part in zip((e, h, mem), taken, strict=True))
        return 1.0 if self.mem - limit > 0 else 0.0

    def nengo(self, j):
        """`nengo.neurons.LIF.step`, times in steps."""
        tau, limit = self.p["tau"] / self.dt, self.p["v_threshold"]
        self.rests -= 1
        part = min(max(1 - self.rests, 0.0), 1.0)
        share = exactly(1 / tau) if part == 1.0 else -math.expm1(-part / tau)
        self.v = self.v + share * (j - self.v)
        if self.v > limit:
            at = 1 + tau * math.log1p(-(self.v - limit) / (j - limit))
            self.v, self.rests = 0.0, self.p["tau_ref"] / self.dt + at
            return 1.0
        self.v = max(self.v, self.p["v_min"])
        return 0.0

    def circuit(self, current):
        """MIF: memristors, capacitor, memristors, in every part of the step."""
        p = self.p
        part = self.dt / int(p["substeps"])
        for _ in range(int(p["substeps"])):
            self.follow(part / 2)
            g = [s / p["r_on"] + (1 - s) / p["r_off"] for s in self.on]
            end = (current + g[0] * p["e_1"] + g[1] * p["e_2"]) / sum(g)
            self.v = end + (self.v - end) * math.exp(-part * sum(g) / p["c"])
            self.follow(part / 2)
        return single(self.v)

    def follow(self, time):
        p = self.p
        for k, u in enumerate((p["e_1"] - self.v, self.v - p["e_2"])):
            on, off = logistic((u - p["v_on"]) / p["v_t"]), logistic((p["v_off"] - u) / p["v_t"])
            end = on / (on + off)
            self.on[k] = end + (self.on[k] - end) * math.exp(-time * (on + off) / p["tau_x"])

    def rate(self, x):
        """Equations 4 to 6 of arXiv 1611.05141, times in steps; both exponentials small."""
        gamma = self.p["gamma"]
        rho = gamma * (math.log1p(math.exp(x / gamma)) if x < 0 else x / gamma + math.log1p(math.exp(-x / gamma)))
        return single(1 / ((self.p["tau_ref"] + self.p["tau"] * math.log1p(1 / max(rho, 1e-300))) / self.dt))

    def share(self, tau):
        return self.dt * (1.0 / tau) if self.d.decay == "euler" else exactly(self.dt / tau)

    def pay(self):
        self.v, self.late = self.v - self.late, 0.0

    def passes(self, x, limit):
        return x > limit if self.d.comparison == ">" else x >= limit

    def fire(self):
        limit, spikes = self.p["v_threshold"], 0.0
        if self.passes(self.v, limit):
            spikes = single(math.floor(self.v / limit)) if self.d.multispike else 1.0
            after = {"value": self.p.get("v_reset", 0.0), "subtract": self.v - spikes * limit, "zero": 0.0}
            self.v = after.get(self.d.reset, self.v)
            self.late = spikes * limit if self.d.reset == "subtract-next" else 0.0
        if self.d.clamp is not None:
            self.v = max(self.v, -self.d.clamp * limit)
        return spikes

    def lava(self, x):
        self.i = toward_zero(self.i, self.p["i_decay"]) + x
        v = toward_zero(self.v, self.p["v_decay"]) + self.i + int(self.p["bias"])
        self.rest -= 1
        if self.rest > 0:
            self.v = 0
            return 0.0
        self.v = v
        spikes = self.fire()
        if spikes:
            self.rest = int(self.p["ref_delay"])
        return spikes


def logistic(x):
    return 1 / (1 + math.exp(min(max(-x, -700), 700)))


def exactly(x):
    """1 - exp(-x), rounded once."""
    with decimal.localcontext(prec=60):
        return float(1 - (-decimal.Decimal(x)).exp())


def toward_zero(y, decay):
    magnitude = math.floor(abs(y) * (4096 - int(decay)) / 4096)
    return int(math.copysign(magnitude, y))


def single(x):
    return float(np.float32(x))
