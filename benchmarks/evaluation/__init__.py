"""How fast, how frugal and how faithful an evaluation is, by the real path: API, Celery, worker, COPY."""
