"""Facts that follow from a mapping, each derived once: cells, traffic, routes, wiring. Makes no choice."""
