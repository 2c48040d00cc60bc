"""Inspect. Words: questions.jsonl, how many at once, the target's address, a folder to write in."""

import json
import sys
from pathlib import Path

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import CORRECT, exact
from inspect_ai.solver import generate

QUESTIONS, IN_FLIGHT, URL, FOLDER = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]

rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
samples = [Sample(id=row["id"], input=row["input"], target=row["expected"]) for row in rows]
model = get_model("openai-api/bench/bench", base_url=f"{URL}/v1", api_key="none")
task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=exact())
(log,) = eval(task, model=model, max_connections=IN_FLIGHT, display="none", log_dir=f"{FOLDER}/logs")
graded = [next(iter(one.scores.values())).value for one in log.samples or [] if one.scores]
right = sum(1 for value in graded if value in (CORRECT, 1, 1.0))
print("FOUND " + json.dumps({"answered": len(graded), "right": right}))
