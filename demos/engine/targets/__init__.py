"""How a target is described, asked and tried out."""
