"""Pages of evaluations: parse, one service or selector, render."""
