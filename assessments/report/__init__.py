"""What is written for readers outside the portal."""
