#!/usr/bin/env python3
"""Entry point of every management command: `manage.py up`, `migrate`, `load_sample`, `smoke`, …

While `up` is running, a command started beside it uses the same servers and keys.
"""

import os
import sys

from portal.runtime.environment import join_running


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.config.settings")
    join_running()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
