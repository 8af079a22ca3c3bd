"""A project whose system is a program of a few lines: told to send, it calls the counterpart; nothing else."""

from __future__ import annotations

import json
import sys

from projects import SYSTEM, Project
from reference_messages import referral
from rivta.counterpart import listener
from rivta.run import adapter

IMPORTED = (adapter, listener)
"""As in `projects`: a run in this process must not be the first to import them."""

PROGRAM = '''\
"""A system that sends referrals: how many times and with what patient, its file of habits says."""

import http.client
import json
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

order = json.load(sys.stdin)
habits = json.loads((Path(__file__).parent / "habits.json").read_text(encoding="utf-8"))
if order.get("question"):
    print(json.dumps({"answer": "yes", "by": "Kim", "note": "on the list"}))
    sys.exit()
template = (Path(__file__).parent / "message.xml").read_text(encoding="utf-8")
place = urlsplit(order["counterpart"]["addresses"]["ProcessRequest"])
unique = uuid.uuid4().hex
for number in range(habits["times"]):
    text = template.replace("UNIQUE", unique).replace("PATIENT", habits["patient"] or order["with"]["patient"])
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": habits["action"]}
    connection.request("POST", place.path, text.encode(), headers)
    connection.getresponse().read()
    connection.close()
print(json.dumps({"outcome": habits["outcome"], "note": habits["note"]}))
'''
CONSUMER = """\
contract: ProcessRequest
role: consumer
title: {sv: Sända remisser, en: Sent referrals}
data: {patient: "191212121212"}
cases:
  - id: "1"
    title: {sv: En ny remiss, en: A new referral}
    verifies: [PR-C-NR]
    receive: &new {kind: NR, patient: "${patient}"}
    do: &send {sv: "Skicka en remiss för ${patient}.", en: "Send a referral for ${patient}.", action: send-referral, with: {patient: "${patient}"}}
    within: 3 s
    expect:
      - xpath: {path: "//c:request/c:versionNumber", equals: "1"}
  - id: "2"
    title: {sv: Ett avvisat meddelande sänds inte om, en: A refused message is not sent again}
    verifies: [PR-C-NR]
    steps:
      - receive: *new
        do: *send
        within: 3 s
        answer: {kind: error, error: VALIDATION_ERROR}
        capture: {requestId: "//c:request/c:requestId/@extension"}
      - watch: {request-id: "${requestId}"}
        for: 10 min
        most: 0
  - id: "3"
    title: {sv: Remissen syns, en: The referral is shown}
    steps:
      - receive: *new
        do: *send
        within: 3 s
      - ask: {sv: "Syns remissen för ${patient}?", en: "Is the referral for ${patient} shown?"}
        action: shows-referral
        verifies: [PR-SHOWN]
"""
ENDPOINTS = "endpoints: {ProcessRequestOutcome: {url: 'http://127.0.0.1:1/', logical-address: SE2321000012-REM1}}\n"
HABITS = {
    "times": 1,
    "patient": "",
    "outcome": "done",
    "note": "",
    "action": '"urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2:ProcessRequest"',
}


class Caller:
    """The project, its system that calls, and how that behaves."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.suite = project.suite.with_name("consumer.yaml")
        self.suite.write_text(CONSUMER, encoding="utf-8")
        project.suite.unlink()
        (project.folder / "act.py").write_text(PROGRAM, encoding="utf-8")
        message = referral("SE2321000012-0001#UNIQUE", person="PATIENT", name="").decode()
        (project.folder / "message.xml").write_text(message.replace("><", ">\n<"), encoding="utf-8")
        self.behaves()
        self.environment()

    def behaves(self, **habits: object) -> None:
        """What the system does from now on."""
        (self.project.folder / "habits.json").write_text(json.dumps(HABITS | habits), encoding="utf-8")

    def environment(
        self, listen: str = "127.0.0.1:0", rest: str = "", *, counterpart: bool = True, adapter: bool = True
    ) -> None:
        """The environment file: where the system calls us, and what makes it act."""
        text = SYSTEM + "roles: [remittent]\noriginal-consumer: SE2321000016-TEST\n" + ENDPOINTS + rest
        text += f"counterpart: {{listen: '{listen}', time-factor: 2000}}\n" if counterpart else ""
        command = json.dumps([sys.executable, "act.py"])
        text += f"adapter: {{command: {command}, timeout: 20 s, settle: 500 ms}}\n" if adapter else ""
        (self.project.folder / "env.yaml").write_text(text, encoding="utf-8")
