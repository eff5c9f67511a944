"""What every package stands on: errors, arrays, exact sums, files, runs. Knows no neuron and no chip."""
