"""Human judgement about an engagement: where the money goes today, and how well each figure is known."""
