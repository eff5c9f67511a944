"""snnmap: compile spiking neural networks onto memristor crossbar tiles."""

__version__ = "0.1.0"
