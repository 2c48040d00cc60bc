"""Pages of the lifecycle. Parse, one service or selector, render."""
