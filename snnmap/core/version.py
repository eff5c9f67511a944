"""The version of snnmap: written into every file that it makes."""

__version__ = "0.1.0"
