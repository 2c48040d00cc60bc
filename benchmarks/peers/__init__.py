"""The same questions, asked by other evaluation engines and by ours, against the same target."""
