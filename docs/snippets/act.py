#!/usr/bin/env python3
"""Makes Journalen act: what rivta asks for on standard input becomes a call of the system's own test interface."""

import json
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

JOURNAL = sys.argv[1]  # such as http://127.0.0.1:9000/test-api


def call(what, data):
    request = Request(f"{JOURNAL}/{what}", json.dumps(data).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=20) as reply:
        return json.load(reply)


def send_referral(data, counterpart):
    receiver = counterpart["addresses"]["ProcessRequest"]  # where the system is to call
    call("referrals", {"patient": data["patient"], "to": data["recipient"], "through": receiver})
    return {"outcome": "done"}  # the first attempt to send it is over


def warned_user(data, counterpart):
    found = call("warnings", {"referral": data["requestId"]})
    return {"answer": "yes" if found["shown"] else "no", "by": "act.py"}


ACTIONS = {"send-referral": send_referral, "warned-user": warned_user}

asked = json.load(sys.stdin)
act = ACTIONS.get(asked["action"])
try:
    if act is None:
        said = {"answer": "unknown"} if asked.get("question") else {"outcome": "unsupported"}
    else:
        said = act(asked["with"], asked.get("counterpart"))
except HTTPError as refusal:  # the system says that it will not
    said = {"outcome": "refused", "note": refusal.read().decode()}
print(json.dumps(said))
