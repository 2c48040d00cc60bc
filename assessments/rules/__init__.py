"""Pure rules: no ORM, no clock, no settings."""
