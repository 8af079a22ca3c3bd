"""What has become of each statement of the national descriptions, as docs/statements.md tells it.

    PYTHONPATH=tests python -m benchmarks.statements [--write docs/statements.md]

Nothing is played: requirements, their cases and the reasons why none proves them are read from the suites.
"""

import argparse
import sys
from pathlib import Path

import shipped_world
import statements

_HEAD = """\
# Statements

Made by `python -m benchmarks.statements`. The descriptions of these contracts were read as numbered statements. Each is a requirement of the
same number, or several; here is what proves it, or the reason why no case can. What [all domains](domains.md) come to on their own
systems is a table of its own.

| statement | domain | requirement | proven by |
|---|---|---|---|
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", type=Path, help="where the page is put")
    given = options.parse_args()
    rows = "".join(f"{row}\n" for row in statements.table(shipped_world.store))
    if given.write:
        given.write.write_text(_HEAD + rows, encoding="utf-8")
    else:
        print(rows, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
