"""Integer networks in Python's integers: layer after layer, one product at a time. Shares no code with snnmap."""


def network(layers, inputs):
    """Results of every layer for the integers `inputs`; a layer is (weights by unit, shift, least, most)."""
    results, heard = [], list(inputs)
    for weights, shift, least, most in layers:
        heard = [unit(row, heard, shift, (least, most)) for row in weights]
        results.append(heard)
    return results


def unit(weights, heard, shift, bounds):
    """Multiply, accumulate, shift right as two's complement does, saturate."""
    total = sum(w * x for w, x in zip(weights, heard, strict=True))
    low, high = bounds
    return max(low, min(high, total >> shift))
