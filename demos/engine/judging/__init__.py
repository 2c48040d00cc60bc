"""How each kind of grader judges: builders that check settings and give back a judge."""
