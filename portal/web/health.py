"""Is it alive, is it ready: two small answers for whoever watches the machine."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from portal.scope import outside_scope


@outside_scope
def alive(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


@outside_scope
def ready(request: HttpRequest) -> JsonResponse:
    """Database, migrations and broker; 503 with the name of what is missing."""
    parts = {"database": _database(), "broker": _broker()}
    fine = all(state == "ready" for state in parts.values())
    return JsonResponse({"status": "ready" if fine else "not ready", **parts}, status=200 if fine else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "not reachable"
    return f"{len(pending)} migrations are waiting" if pending else "ready"


def _broker() -> str:
    try:
        cache.set("readyz", 1, timeout=10)
    except RedisError:
        return "not reachable"
    return "ready"
