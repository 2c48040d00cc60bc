"""Human judgement over HTTP: parse, one service or selector, render."""
