"""What has become of each statement of the national descriptions, as docs/statements.md tells it.

    PYTHONPATH=tests python -m benchmarks.statements [--write docs/statements.md]

Requirements, their cases and the reasons why none proves them are read from the suites. Of each description ten statements are drawn by a seed and
played: a case that shows each, on the sound system and with the fault that turns it red.
"""

import argparse
import sys
from functools import cache, partial
from pathlib import Path

import shipped_world
import statements

_HEAD = """\
# Statements

Made by `python -m benchmarks.statements`. This page shows, for who doubts that a suite covers what a contract description (TKB) demands, what
has become of each of its demands. The descriptions of these contracts were read as statements: a row's number is that of the statement in the reading
of the description of its domain, which need not print any, and *stands in* says where it is to be found there. Each is a requirement of the
same number, or several; here is what proves it, or the reason why no case can. What [all domains](domains.md) come to on their own
systems is a table of its own.

| statement | domain | requirement | it says | stands in | proven by |
|---|---|---|---|---|---|
"""


_SHOWN = f"""
## Shown by

Of each description {statements.DRAWN} statements, drawn by seed {statements.SEED} among those that a case proves: a case that passes on the sound system, and the fault that turns it red.

| statement | it says | case | with the fault |
|---|---|---|---|
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", type=Path, help="where the page is put")
    given = options.parse_args()
    rows = "".join(f"{row}\n" for row in statements.table(shipped_world.store))
    matrix = cache(partial(shipped_world.matrix, is_whole=True))
    page = _HEAD + rows + _SHOWN + "".join(f"{row}\n" for row in statements.shown_by(matrix))
    if given.write:
        given.write.write_text(page, encoding="utf-8")
    else:
        print(page, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
