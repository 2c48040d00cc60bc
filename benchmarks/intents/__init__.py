"""Real input: questions of real customers, a plain classifier, and the portal's way of testing it."""
