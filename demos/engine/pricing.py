"""What an attempt costs. Money is Decimal; an unknown cost is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one target. Zero means free of that charge.

    Per million tokens in and out, per million tokens in that came from a cache (None: as tokens in), per
    call, and per minute of waiting for the answer.
    """

    currency: str
    per_million_in: Decimal = Decimal(0)
    per_million_out: Decimal = Decimal(0)
    per_call: Decimal = Decimal(0)
    per_million_cached: Decimal | None = None
    per_minute: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        amounts = (
            self.per_million_in, self.per_million_out, self.per_call, self.per_minute,
            self.per_million_cached or Decimal(0),
        )  # fmt: skip
        if min(amounts) < 0:
            raise ValueError("A price cannot be negative.")

    @property
    def is_free(self) -> bool:
        """Whether nothing is charged, whatever the answer."""
        return not (
            self.per_million_in or self.per_million_out or self.per_call or self.per_minute
            or self.per_million_cached
        )  # fmt: skip

    def cost(
        self, *, tokens_in: int | None, tokens_out: int | None, calls: int = 1,
        tokens_cached: int | None = None, seconds: float = 0.0,
    ) -> Decimal | None:  # fmt: skip
        """Cost of ``calls`` calls with these tokens in all, and ``seconds`` of waiting.

        ``tokens_cached`` are among ``tokens_in``. None when a token count that has a price is unknown.
        """
        total = self.per_call * calls
        if self.per_minute:
            total += self.per_minute * Decimal(repr(seconds)) / 60
        fresh, cached = tokens_in, 0
        if self.per_million_cached is not None and tokens_in is not None:
            cached = min(tokens_cached or 0, tokens_in)
            fresh = tokens_in - cached
        for tokens, price in ((fresh, self.per_million_in), (tokens_out, self.per_million_out)):
            if price == 0:
                continue
            if tokens is None:
                return None
            total += price * tokens / MILLION
        return total + (self.per_million_cached or Decimal(0)) * cached / MILLION
