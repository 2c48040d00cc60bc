"""The evaluation engine: asks a target, grades its answers, computes the numbers.

Pure Python. Nothing here knows Django, Celery or a database; a script can use all of it.
"""
