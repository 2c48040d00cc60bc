"""lm-evaluation-harness. Words: questions.jsonl, how many at once, the target's address, a folder."""

import json
import sys
from pathlib import Path

import lm_eval
from lm_eval.tasks import TaskManager

QUESTIONS, IN_FLIGHT, URL, FOLDER = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])

TASK = f"""
task: bench
dataset_path: json
dataset_kwargs:
  data_files:
    test: {QUESTIONS}
test_split: test
output_type: generate_until
doc_to_text: "{{{{input}}}}"
doc_to_target: "{{{{expected}}}}"
generation_kwargs:
  until: ["never said"]
  max_gen_toks: 64
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""

tasks = FOLDER / "tasks"
tasks.mkdir()
(tasks / "bench.yaml").write_text(TASK)
result = lm_eval.simple_evaluate(
    model="local-chat-completions",
    model_args={
        "model": "bench",
        "base_url": f"{URL}/v1/chat/completions",
        "num_concurrent": IN_FLIGHT,
        "tokenized_requests": False,
        "tokenizer_backend": None,
    },
    tasks=["bench"],
    task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
    apply_chat_template=True,
    log_samples=True,
    bootstrap_iters=0,
)
samples = result["samples"]["bench"]
right = sum(1 for sample in samples if sample["exact_match"] == 1)
print("FOUND " + json.dumps({"answered": len(samples), "right": right}))
