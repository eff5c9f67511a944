"""NIR files of any exporter: nodes, layers, pooling, and what is repaired on the way."""
