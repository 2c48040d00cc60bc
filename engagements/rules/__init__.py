"""What may follow, and what follows from the figures: pure functions of values."""
