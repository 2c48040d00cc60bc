"""promptfoo, by its command. Words: questions.jsonl, how many at once, the target's address, a folder."""

import json
import subprocess
import sys
from pathlib import Path

QUESTIONS, IN_FLIGHT, URL, FOLDER = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])

rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
tests = [
    {"vars": {"question": row["input"]}, "assert": [{"type": "equals", "value": row["expected"]}]}
    for row in rows
]
provider = {"id": "openai:chat:bench", "config": {"apiBaseUrl": f"{URL}/v1", "apiKey": "none"}}
config = FOLDER / "config.json"
config.write_text(json.dumps({"prompts": ["{{question}}"], "providers": [provider], "tests": tests}))
command = Path(sys.prefix) / "node" / "node_modules" / ".bin" / "promptfoo"
words = ["eval", "-c", config, "-j", IN_FLIGHT, "--no-cache", "--no-progress-bar", "--no-table",
         "-o", FOLDER / "out.json"]  # fmt: skip
subprocess.run([str(command), *map(str, words)], check=False)  # it ends with 100 when a test failed
counted = json.loads((FOLDER / "out.json").read_text())["results"]["stats"]
answered = counted["successes"] + counted["failures"]
print("FOUND " + json.dumps({"answered": answered, "right": counted["successes"]}))
