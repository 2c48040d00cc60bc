"""What a viewer sees of evaluations. The only way to read."""
