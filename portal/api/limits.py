"""How many requests a token may make in a minute, counted in the cache (Valkey) for all processes."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW_S = 60
DEFAULT_QUOTA = 600


class TokenRate(BaseThrottle):
    """A fixed window a minute for each token, or for each signed-in person. Sets the RateLimit headers."""

    _wait_s: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return True
        name = "token" if request.auth is not None else "person"
        who = request.auth.pk if request.auth is not None else request.user.pk
        quota = int(getattr(settings, "API_REQUESTS_PER_MINUTE", DEFAULT_QUOTA))
        now = time.time()
        used = _count(f"api-rate:{name}:{who}:{int(now // WINDOW_S)}")
        left_s = WINDOW_S - int(now % WINDOW_S)
        request.rate_headers = {  # type: ignore[attr-defined]  # carried to the answer by ApiViewSet
            "RateLimit-Policy": f'"{name}";q={quota};w={WINDOW_S}',
            "RateLimit": f'"{name}";r={max(quota - used, 0)};t={left_s}',
        }
        self._wait_s = float(left_s)
        return used <= quota

    def wait(self) -> float | None:
        return self._wait_s


def _count(key: str) -> int:
    """One more in this window; the number so far, this one included."""
    cache.add(key, 0, timeout=2 * WINDOW_S)
    try:
        return cache.incr(key)
    except ValueError:  # the key expired between the two calls: a new window began
        return 1
