"""CPU to collect cases: of a file that an earlier run has read, and of one that none has, beside as many plain functions.

What a process needs to start is taken out by the difference of many and few. Read anew is with an empty folder of caches.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench_case import environment_at, run_words
from benchmarks.figures import tell
from benchmarks.processes import measured, rivta

FEW, MANY = 10, 2_000
ROUNDS = 7


def bare(folder: Path, count: int) -> Path:
    """As many items that pytest collects by itself."""
    path = folder / f"test_bare_{count}.py"
    path.write_text(
        f"import pytest\n@pytest.mark.parametrize('number', range({count}))\ndef test(number): ...\n", encoding="utf-8"
    )
    return path


def used(folder: Path, count: int) -> dict[str, float]:
    """CPU seconds to collect so many, by figure."""
    words = [*run_words(folder, count), "--collect-only"]
    caches = {"XDG_CACHE_HOME": str(folder / f"caches-{count}")}
    anew, again = rivta(words, caches), rivta(words, caches)
    plain = measured("import pytest; pytest.main({!r})".format([str(bare(folder, count)), "-q", "--collect-only"]))
    return {"collect": again.cpu, "collect-anew": anew.cpu, "bare": plain.cpu}


def one_round() -> dict[str, float]:
    """Each figure for 10,000, in a folder of its own."""
    with TemporaryDirectory() as place:
        environment_at("http://127.0.0.1:9", Path(place))
        few, many = (used(Path(place), count) for count in (FEW, MANY))
    return {name: (many[name] - few[name]) / (MANY - FEW) * 10_000 for name in many}


def main() -> None:
    """Measure and print."""
    rounds = [one_round() for _ in range(ROUNDS)]
    for key in ("collect", "collect-anew"):
        tell(key, [each[key] for each in rounds], [each["bare"] for each in rounds])


if __name__ == "__main__":
    main()
