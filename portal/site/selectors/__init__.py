"""What a viewer sees across clients and apps."""
