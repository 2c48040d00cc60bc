"""What an attempt costs. Money is Decimal; an unknown cost is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one target: per million tokens in and out, and per call. Zero means free of that charge."""

    currency: str
    per_million_in: Decimal = Decimal(0)
    per_million_out: Decimal = Decimal(0)
    per_call: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if min(self.per_million_in, self.per_million_out, self.per_call) < 0:
            raise ValueError("A price cannot be negative.")

    def cost(self, *, tokens_in: int | None, tokens_out: int | None, calls: int = 1) -> Decimal | None:
        """Cost of ``calls`` calls with these tokens in all.

        None when a token count that has a price is unknown.
        """
        total = self.per_call * calls
        for tokens, price in ((tokens_in, self.per_million_in), (tokens_out, self.per_million_out)):
            if price == 0:
                continue
            if tokens is None:
                return None
            total += price * tokens / MILLION
        return total
