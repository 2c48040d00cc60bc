"""What a viewer may read of human judgement, a file for each noun."""
