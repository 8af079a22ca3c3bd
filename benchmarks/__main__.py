"""Run every benchmark, one after the other, each in a process of its own.

    python -m benchmarks [--write PAGE] [NAME …]

With names only those are run (`start`, `case`, `exact`, `none`). With `--write` what was measured last of everything is drawn into a
page of the manual, with its aims, and why what misses them does.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import kept, redrawn

HERE = Path(__file__).parent


def main() -> None:
    """Run them, and write what they say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    known = {path.stem.removeprefix("bench_"): path.stem for path in sorted(HERE.glob("bench_*.py"))} | {
        "exact": "exact"
    }
    parser.add_argument("names", nargs="*", choices=[*known, "none", []], metavar="NAME")
    args = parser.parse_args()
    for name in args.names or known:
        if name in known:
            print(f"── {name}", flush=True)
            systems = os.environ | {"PYTHONPATH": str(HERE.parent / "tests")}
            subprocess.run([sys.executable, "-m", f"benchmarks.{known[name]}"], check=True, env=systems)
    if args.write:
        page = args.write.read_text(encoding="utf-8")
        args.write.write_text(redrawn(page, kept()), encoding="utf-8")


main()
