"""How long pages take on a full house."""
