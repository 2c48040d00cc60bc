"""Faults at the edge: a proxy between a caller and its AI system, and a report of what the caller did."""
