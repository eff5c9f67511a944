"""Network in, network out: changes that keep its function, or say how far they do not."""
