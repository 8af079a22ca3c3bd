"""A small run on disk with its manifest and its sealed report, made as a run makes them: for the tests of verification."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import report_sample
from rivta import evidence
from rivta.declaration import proven
from rivta.evidence import seal
from rivta.model.run import Run
from rivta.report import html


def whole_run() -> Run:
    """Eight cases of every outcome, without anybody's identity in them."""
    run = report_sample.run()
    kept = tuple(each for each in run.results if each.case != "5.2")
    opening = replace(
        run.header,
        suites={f"/home/someone/{path}": digest for path, digest in run.header.suites.items()},
        mask_key="0123456789abcdef" * 2,
        rivta="0.0.9",  # as of another version, so that `verify` does not draw up anew what these tests make up
    )
    counted = Counter(each.verdict.name for each in kept)
    footer = replace(run.footer, verdicts=dict(counted)) if run.footer else None
    return replace(run, header=opening, results=kept, footer=footer)


def write_run(folder: Path, run: Run | None = None) -> Path:
    """The evidence alone, as a run leaves it before it is sealed."""
    run = run or whole_run()
    with evidence.EvidenceWriter(folder) as writer:
        writer.header(run.header)
        for result in run.results:
            writer.write(result)
        for stray in run.strays:
            writer.write(stray)
        for note in run.notes:
            writer.write(note)
        if run.footer:
            writer.write(run.footer)
    return folder


PAGE = b"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Self-declaration</title></head>
<body>
<header class="cover"><h1>Journalia Remiss 4.2.1</h1></header>
<main>
<section id="summary"><h2>Summary</h2><p>1 deviates, 1 conforms</p></section>
<section id="cases"><h2>Cases</h2>
<article class="case" id="case-1.1"><h4><span>1.1</span> A full referral is accepted</h4><p>Conforms</p>
<section id="exchange-1.1-1"><h5>Exchange 1: ProcessRequest</h5><p>HTTP 200</p></section>
</article>
<article class="case" id="case-4.2"><h4><span>4.2</span> A forwarded referral is refused by PR002</h4><p>Deviates</p>
<section id="exchange-4.2-1"><h5>Exchange 1: ProcessRequest</h5><p>HTTP 500</p></section>
</article>
</section>
<section id="basis"><h2>How it was tested</h2></section>
<div id="seal"></div>
</main>
</body>
</html>
"""
"""A report that changes only when these tests do. The real one is sealed by `sealed_report`."""


def sealed_report(folder: Path, *used: tuple[seal.Kind, Path], rendered: bytes = b"") -> bytes:
    """The report of a run with its seal, or another page with it; `used` are answers and deviations."""
    page = rendered or html.render(proven.of(evidence.read(folder)), "en")
    return seal.seal(page, seal.for_report(folder, used))


def sealed_run(folder: Path, run: Run | None = None, *, rendered: bytes = b"") -> Path:
    """Evidence, manifest and report. Those of the whole run are made once, since dozens of tests begin with them."""
    if run is not None:
        return _sealed(folder, run, rendered)
    for name, content in _of_the_whole_run(rendered).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def _sealed(folder: Path, run: Run | None, rendered: bytes) -> Path:
    write_run(folder, run)
    seal.write(folder)
    (folder / "declaration.html").write_bytes(sealed_report(folder, rendered=rendered))
    return folder


@cache
def _of_the_whole_run(rendered: bytes) -> dict[Path, bytes]:
    with TemporaryDirectory() as place:
        folder = _sealed(Path(place) / "run", None, rendered)
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder): path.read_bytes() for path in files}


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file, and see to it that it was changed."""
    before = path.read_bytes()
    after = change(before)
    assert after != before, f"{path} is as it was"
    path.write_bytes(after)


@dataclass(frozen=True)
class Lines:
    """The lines of an evidence file, to be shuffled."""

    folder: Path

    def change(self, change: Callable[[list[bytes]], list[bytes]]) -> None:
        """Write other lines."""
        edit(self.folder / "evidence.jsonl", lambda raw: b"".join(change(raw.splitlines(keepends=True))))
