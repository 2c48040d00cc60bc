"""The shape of what is written about human judgement, a file for each noun."""
