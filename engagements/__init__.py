"""The lifecycle of an engagement: stages, gates, sealed criteria, measurements and signed decisions."""
