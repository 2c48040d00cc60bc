"""What a part of a run may still spend: calls, money, tokens. Reserved before a call is sent.

Nothing is sent whose likely cost would pass the limit together with what is under way. The likely cost of a
call is that of the dearest case so far, so a limit is passed by no more than the calls under way when
their price was not known yet.
"""

from __future__ import annotations

from decimal import Decimal

from demos.engine.plan import RunLimits
from demos.engine.vocabulary import AttemptResult, RunEnd


class Budget:
    """Left: what may be spent beyond all that is stored. Unsaved: what was spent and is not stored yet.

    None means no limit. ``grant`` sets what is left anew, when other parts of the run spend as well.
    """

    def __init__(self, limits: RunLimits) -> None:
        self.left_calls = limits.max_calls
        self.left_cost = limits.max_cost
        self.left_tokens = limits.max_tokens
        self.bounded = not (
            limits.max_calls is None and limits.max_cost is None and limits.max_tokens is None
        )
        self._calls = 0
        self._cost = Decimal(0)
        self._tokens = 0
        self._dearest = Decimal(0)
        self._longest = 0

    def grant(self, *, calls: int | None, cost: Decimal | None, tokens: int | None) -> None:
        """What this part may spend from now on, beyond what is stored."""
        self.left_calls, self.left_cost, self.left_tokens = calls, cost, tokens

    def sent(self, calls: int) -> None:
        """Note calls that go out."""
        self._calls += calls

    def came(self, attempt: AttemptResult) -> None:
        """Note a finished case: what it cost is known now."""
        cost, tokens = attempt.cost or Decimal(0), tokens_of(attempt)
        self._cost += cost
        self._tokens += tokens
        self._dearest = max(self._dearest, cost)
        self._longest = max(self._longest, tokens)

    def saved(self, attempt: AttemptResult) -> None:
        """Note a stored row: it counts no longer as unsaved, and what is left becomes less by it."""
        cost, tokens = attempt.cost or Decimal(0), tokens_of(attempt)
        self._calls -= attempt.calls
        self._cost -= cost
        self._tokens -= tokens
        if self.left_calls is not None:
            self.left_calls -= attempt.calls
        if self.left_cost is not None:
            self.left_cost -= cost
        if self.left_tokens is not None:
            self.left_tokens -= tokens

    def refusal(self, *, calls: int, under_way: int) -> RunEnd | None:
        """The limit that ``calls`` more calls of one case would pass, or None."""
        if self.left_calls is not None and self._calls + calls > self.left_calls:
            return RunEnd.LIMIT_CALLS
        if self.left_cost is not None:
            likely = self._cost + self._dearest * (under_way + 1)
            if likely > self.left_cost or self._cost >= self.left_cost:
                return RunEnd.LIMIT_COST
        if self.left_tokens is not None:
            total = self._tokens + self._longest * (under_way + 1)
            if total > self.left_tokens or self._tokens >= self.left_tokens:
                return RunEnd.LIMIT_TOKENS
        return None


def tokens_of(attempt: AttemptResult) -> int:
    """Tokens in and out of an attempt; what the target did not say counts as none."""
    return (attempt.tokens_in or 0) + (attempt.tokens_out or 0)
