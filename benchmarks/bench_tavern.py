"""A producer case, the end of its run included, against Tavern's: the same exchange, judged by both schema validators.

Tavern is no dependency and does not run under every pytest, so it has an environment of its own, made once, and named by RIVTA_TAVERN:

    python -m venv /tmp/tavern && /tmp/tavern/bin/pip install tavern "pytest<9" lxml xmlschema
    RIVTA_TAVERN=/tmp/tavern/bin/python python -m benchmarks tavern

A newer pytest has no longer what Tavern imports from within it. Tavern has neither rules nor evidence nor report: what is held against it does more.
"""

import json
import os
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import answering
from benchmarks.bench_case import LONG, SHORT, contract_read, environment_at, message, run_words
from benchmarks.figures import tell
from benchmarks.processes import Cost, ended, rivta
from rivta.model.domain import Contract

ROUNDS = 7
NAMED = "RIVTA_TAVERN"

_CHECK = """
import xmlschema
from lxml import etree
BODY = "{{http://schemas.xmlsoap.org/soap/envelope/}}Body"
FIRST = etree.XMLSchema(etree.parse({path!r}))
SECOND = xmlschema.XMLSchema({path!r}, allow="local")
def check(response):
    root = etree.fromstring(response.content)
    payload = root.find(BODY)[0]
    assert FIRST.validate(payload) and SECOND.is_valid(payload)
    assert [each.text for each in payload.iter("{{*}}resultCode")] == ["OK"]
"""
_CASE = """---
test_name: "One more referral {number}"
stages:
  - name: it is accepted
    request: {{url: {url}, method: POST, headers: {{Content-Type: "text/xml; charset=UTF-8", SOAPAction: {action}}}, data: {data}}}
    response: {{status_code: 200, verify_response_with: {{function: "bench_check:check"}}}}
"""


def tavern(python: str, folder: Path, url: str, one: Contract, count: int) -> Cost:
    """What Tavern needs for so many cases, with a file for JUnit, which is what it leaves behind."""
    schema = one.wsdl.parent / f"{one.name}Responder_{one.version}.xsd"
    (folder / "bench_check.py").write_text(_CHECK.format(path=str(schema)), encoding="utf-8")
    action = json.dumps(f'"{one.soap_action}"')
    cases = (
        _CASE.format(
            number=number,
            url=json.dumps(f"{url}/"),
            action=action,
            data=json.dumps(message().replace("ID", f"{number}-{time.time_ns()}")),
        )
        for number in range(count)
    )
    path = folder / f"test_{count}.tavern.yaml"
    path.write_text("".join(cases), encoding="utf-8")
    words = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", str(folder / "junit.xml"), str(path)]
    settings = {**os.environ, "PYTHONPATH": str(folder)}
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=folder, env=settings)
    cost = ended(process)
    assert process.returncode == 0, "every case passes"
    return cost


def main() -> None:
    """Measure and print."""
    python = os.environ.get(NAMED)
    if not python:
        print(f"{NAMED} names no Python that has Tavern: nothing is held against it")
        return
    one, ours, theirs = contract_read(), [], []
    with answering.system() as url:
        for _ in range(ROUNDS):
            with TemporaryDirectory() as place:
                folder = Path(place)
                environment_at(url, folder)
                mine = [rivta(run_words(folder, count)).cpu for count in (SHORT, LONG)]
                other = [tavern(python, folder, url, one, count).cpu for count in (SHORT, LONG)]
            ours.append((mine[1] - mine[0]) / (LONG - SHORT) * 1000)
            theirs.append((other[1] - other[0]) / (LONG - SHORT) * 1000)
    tell("tavern", ours, theirs)


if __name__ == "__main__":
    main()
