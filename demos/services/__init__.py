"""What happens: one function per verb."""
