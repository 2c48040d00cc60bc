"""Pages of human judgement, a file for each noun."""
