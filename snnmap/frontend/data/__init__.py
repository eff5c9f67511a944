"""Input data of every kind: first one `Recording`, then input spikes of one network."""
