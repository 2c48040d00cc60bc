"""Papers made from a frozen snapshot."""
