"""pydantic-evals. Words: questions.jsonl, how many at once, the target's address, a folder to write in."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from openai import AsyncOpenAI
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Evaluator, EvaluatorContext

QUESTIONS, IN_FLIGHT, URL = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


@dataclass
class SameCode(Evaluator):
    """The answer is the expected code, to the letter."""

    def evaluate(self, ctx: EvaluatorContext) -> bool:
        return bool(ctx.output == ctx.expected_output)


client = AsyncOpenAI(base_url=f"{URL}/v1", api_key="none")


async def ask(question: str) -> str:
    answer = await client.chat.completions.create(
        model="bench", messages=[{"role": "user", "content": question}]
    )
    return answer.choices[0].message.content or ""


rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
cases = [Case(name=str(row["id"]), inputs=row["input"], expected_output=row["expected"]) for row in rows]
dataset = Dataset(name="bench", cases=cases, evaluators=[SameCode()])
report = asyncio.run(dataset.evaluate(ask, max_concurrency=IN_FLIGHT, progress=False))
right = sum(all(mark.value for mark in case.assertions.values()) for case in report.cases)
print("FOUND " + json.dumps({"answered": len(report.cases), "right": right}))
