#!/usr/bin/env python
"""The project's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qsm.settings")
    if "DATABASE_URL" not in os.environ and sys.argv[1:2] != ["demo"]:
        # Beside a running demo every command speaks to the demo's servers.
        from qsm.embedded import running_demo_environment

        os.environ.update(running_demo_environment())
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
