"""DeepEval, which grades answers that are given to it: a loop of the OpenAI client fetches them first.

Words: questions.jsonl, how many at once, the target's address, a folder to write in.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase
from openai import AsyncOpenAI

QUESTIONS, IN_FLIGHT, URL = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


class SameCode(BaseMetric):
    """The answer is the expected code, to the letter."""

    threshold = 1.0
    async_mode = True
    evaluation_model = None
    strict_mode = False
    include_reason = False

    def measure(self, test_case: LLMTestCase, *_: Any, **__: Any) -> float:
        self.score = float(test_case.actual_output == test_case.expected_output)
        self.success, self.reason = self.score >= self.threshold, ""
        return self.score

    async def a_measure(self, test_case: LLMTestCase, *_: Any, **__: Any) -> float:
        return self.measure(test_case)

    def is_successful(self) -> bool:
        return bool(self.success)

    @property
    def __name__(self) -> str:
        return "same code"


async def answers(rows: list[dict[str, Any]]) -> list[LLMTestCase]:
    client, places = AsyncOpenAI(base_url=f"{URL}/v1", api_key="none"), asyncio.Semaphore(IN_FLIGHT)

    async def ask(row: dict[str, Any]) -> LLMTestCase:
        async with places:
            answer = await client.chat.completions.create(
                model="bench", messages=[{"role": "user", "content": row["input"]}]
            )
        said = answer.choices[0].message.content or ""
        return LLMTestCase(input=row["input"], actual_output=said, expected_output=row["expected"])

    return await asyncio.gather(*(ask(row) for row in rows))


given = asyncio.run(answers([json.loads(line) for line in QUESTIONS.read_text().splitlines()]))
result = evaluate(
    test_cases=given,
    metrics=[SameCode()],
    async_config=AsyncConfig(run_async=True, max_concurrent=IN_FLIGHT, throttle_value=0),
    display_config=DisplayConfig(show_indicator=False, print_results=False),
    cache_config=CacheConfig(write_cache=False, use_cache=False),
)
right = sum(1 for one in result.test_results if one.success)
print("\nFOUND " + json.dumps({"answered": len(result.test_results), "right": right}))
