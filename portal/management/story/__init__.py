"""The sample's story: Northlight for Harbor Mutual (claims triage) and for Brightwater (meter readings)."""
