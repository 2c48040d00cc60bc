"""A run of stand-in children under the real supervisor: `python stub_house.py FOLDER NAME=PYTHON_CODE …`.

Writes FOLDER/pids.json after each change and FOLDER/exit.txt with the reason of the end.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from portal.runtime.supervisor import Child, RunEnded, Supervisor


def main(folder: Path, *children: str) -> int:
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    supervisor = Supervisor(folder, lock_handle=lock, grace_seconds=1.5, first_pause_seconds=0.05)
    threading.Thread(target=keep_pids, args=(supervisor, folder), daemon=True).start()
    code = 0
    try:
        for words in children:
            name, _, source = words.partition("=")
            supervisor.start(Child(name, [sys.executable, "-c", source], stop_seconds=3))
        supervisor.watch()
    except RunEnded as reason:
        (folder / "exit.txt").write_text(str(reason))
        code = 1
    supervisor.stop_all()
    return code


def keep_pids(supervisor: Supervisor, folder: Path) -> None:
    while True:
        staged = folder / "pids.new"
        staged.write_text(json.dumps(supervisor.pids()))
        staged.rename(folder / "pids.json")
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
