"""The sample: a claims desk's mail, and a small AI system of our own that sorts it. No Django in here."""
