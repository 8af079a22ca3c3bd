"""What is likely wrong while a call is waited for and does not come, in words for whoever sits at the system.

The nearest thing that did happen is told: a call that almost fits before one of another kind, a call before a broken
handshake, a broken handshake before silence. So the connections that were made to us are remembered, and what came of those
on which no call ever came.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal

from rivta.counterpart.matching import ADDRESS, ReceivedCall
from rivta.model.case import Matcher
from rivta.model.words import Text

Clean = Callable[[str], str]
_LOOKED_AT = 200
"""How many of the latest calls are compared with what is wanted."""
_VERSION = re.compile(r"(?P<name>.*):(?P<major>\d+)")
_REMEMBERED: Final = 256

Kind = Literal["tls", "plain-on-tls", "tls-on-plain", "malformed", "silent", "cut-short", "http"]


@dataclass(frozen=True, slots=True)
class WithoutCall:
    """A connection on which no call came. `number` counts connections from 1, `text` says what came instead."""

    number: int
    kind: Kind
    text: Text


class Connections:
    """What is known of the connections made to us. Written on the server's thread, read on any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made = 0
        self._open: set[int] = set()
        self._without_call: deque[WithoutCall] = deque(maxlen=_REMEMBERED)

    def opened(self) -> int:
        """Somebody connected. The number of the connection."""
        with self._lock:
            self._made += 1
            self._open.add(self._made)
            return self._made

    def called(self, number: int) -> None:
        """A whole call came on it."""
        with self._lock:
            self._open.discard(number)

    def note(self, number: int, kind: Kind, text: Text) -> None:
        """Something else came on it."""
        with self._lock:
            self._open.discard(number)
            self._without_call.append(WithoutCall(number, kind, text))

    def closed(self, number: int, kind: Kind, text: Text) -> None:
        """It ended. If nothing is known of it yet, this is what there is to say."""
        with self._lock:
            if number in self._open:
                self._open.discard(number)
                self._without_call.append(WithoutCall(number, kind, text))

    @property
    def made(self) -> int:
        """How many connections were made to us."""
        with self._lock:
            return self._made

    def since(self, number: int) -> tuple[list[WithoutCall], int]:
        """What came on later connections than that one, oldest first, and how many of those are open without a word yet."""
        with self._lock:
            without_call = [each for each in self._without_call if each.number > number]
            return without_call, sum(1 for each in self._open if each > number)


def diagnosis(
    wanted: Matcher,
    came: Sequence[ReceivedCall],
    connections: Connections,
    before: int,
    *,
    url: str,
    namespace: str,
    clean: Clean,
) -> Text | None:
    """What there is to say, None for nothing. `came` are calls since the waiting began that nobody took, `before` the
    connections that had been made by then, `url` where the wanted contract is called, `namespace` that of its messages.
    """
    if came:
        return _of_calls(wanted, came[-_LOOKED_AT:], namespace, clean)
    without_call, still_open = connections.since(before)
    if without_call:
        return without_call[-1].text
    if still_open:
        return Text(
            "Systemet har anslutit men ännu inte skickat ett helt anrop.",
            "The system has connected but has not sent a whole call yet.",
        )
    if connections.made == before:
        return Text(
            f"Ingenting har nått porten. Kontrollera att systemet anropar {url} och att ingen brandvägg eller proxy står i vägen.",
            f"Nothing has reached the port. Check that the system calls {url} and that no firewall or proxy is in the way.",
        )
    return None


def _of_calls(wanted: Matcher, came: Iterable[ReceivedCall], namespace: str, clean: Clean) -> Text:
    nearest = max(came, key=lambda each: (_nearness(each, wanted, namespace), each.number))
    if nearest.said.contract == wanted.contract:
        return _other_facts(nearest, wanted, clean)
    if nearest.said.standing in ("unreadable", "refused"):
        return _unusable(nearest, clean)
    if _same_but_for_version(nearest.said.namespace, namespace):
        return Text(
            f"Ett anrop kom, men i en annan version: {clean(nearest.said.namespace)} i stället för {namespace}.",
            f"A call came, but in another version: {clean(nearest.said.namespace)} instead of {namespace}.",
        )
    other = nearest.said.contract or clean(nearest.said.namespace) or "–"
    return Text(
        f"Ett anrop kom, men till ett annat kontrakt: {other} i stället för {wanted.contract}.",
        f"A call came, but to another contract: {other} instead of {wanted.contract}.",
    )


def _nearness(call: ReceivedCall, wanted: Matcher, namespace: str) -> float:
    if call.said.contract == wanted.contract:
        return 100.0 - len(call.differences(wanted.when))
    return 2.0 if _same_but_for_version(call.said.namespace, namespace) else float(call.said.standing == "unreadable")


def _same_but_for_version(one: str, other: str) -> bool:
    first, second = _VERSION.fullmatch(one), _VERSION.fullmatch(other)
    return bool(first and second and first["name"] == second["name"] and first["major"] != second["major"])


def _other_facts(call: ReceivedCall, wanted: Matcher, clean: Clean) -> Text:
    contrasts = [_contrast(name, meant, seen, clean) for name, meant, seen in call.differences(wanted.when)]
    if call.said.standing == "unrouted" and call.said.address and not contrasts:
        return Text(
            f"Ett anrop av {call.said.contract} kom, men till den logiska adressen {clean(call.said.address)}, som inte är vår.",
            f"A call of {call.said.contract} came, but to the logical address {clean(call.said.address)}, which is not ours.",
        )
    if not contrasts:
        return Text(
            f"Ett anrop av {call.said.contract} kom, men upprepar ett tidigare (nr {call.refers or call.number}).",
            f"A call of {call.said.contract} came, but it repeats an earlier one (no. {call.refers or call.number}).",
        )
    sv, en = "; ".join(text.sv for text in contrasts), "; ".join(text.en for text in contrasts)
    return Text(
        f"Ett anrop av {call.said.contract} kom, men inte det väntade: {sv}.",
        f"A call of {call.said.contract} came, but not the one that is waited for: {en}.",
    )


def _contrast(name: str, meant: str, seen: str, clean: Clean) -> Text:
    shown, wanted = clean(seen) if seen else None, clean(meant)
    sv = "logisk adress" if name == ADDRESS else name
    en = "logical address" if name == ADDRESS else name
    return Text(
        f"{sv} är {shown or 'inte angivet'} i stället för {wanted}",
        f"{en} is {shown or 'missing'} instead of {wanted}",
    )


def _unusable(call: ReceivedCall, clean: Clean) -> Text:
    if call.said.standing == "refused":
        return Text(
            f"Ett anrop kom, men {_REFUSED[call.said.trouble].sv}.",
            f"A call came, but {_REFUSED[call.said.trouble].en}.",
        )
    return Text(
        f"Ett anrop kom, men det går inte att läsa: {clean(call.said.trouble)}.",
        f"A call came, but it cannot be read: {clean(call.said.trouble)}.",
    )


_REFUSED = {
    "413": Text("det är större än gränsen (HTTP 413)", "it is larger than the limit (HTTP 413)"),
    "415": Text(
        "det är komprimerat (Content-Encoding), vilket inte stöds (HTTP 415)",
        "it is compressed (Content-Encoding), which is not supported (HTTP 415)",
    ),
}


def no_post(method: str) -> Text:
    """Somebody looked, or calls in the wrong way."""
    if method == "GET":
        return Text(
            "Systemet har hämtat WSDL eller scheman men inte anropat.",
            "The system has fetched WSDL or schemas but not called.",
        )
    return Text(
        f"En HTTP-förfrågan kom med metoden {method}; SOAP-anrop görs med POST.",
        f"An HTTP request came with the method {method}; SOAP calls are made by POST.",
    )


def reason(call: ReceivedCall, clean: Clean) -> Text:
    """Why no case took a call, for the report."""
    if call.why == "repeat":
        return Text(f"Upprepar anrop {call.refers}.", f"Repeats call {call.refers}.")
    if call.why in ("unreadable", "refused"):
        return _unusable(call, clean)
    if call.said.standing == "unrouted" and not call.said.contract:
        return Text(
            f"Inget kontrakt här har namnrymden {clean(call.said.namespace) or '–'}.",
            f"No contract here has the namespace {clean(call.said.namespace) or '–'}.",
        )
    if call.said.standing == "unrouted" and call.said.address:
        return Text(
            f"Den logiska adressen {clean(call.said.address)} är inte vår.",
            f"The logical address {clean(call.said.address)} is not ours.",
        )
    return _WHY[call.why]


_NOBODY = Text("Inget testfall väntade på anropet.", "No case waited for the call.")
_WHY = {
    "nobody": _NOBODY,
    "unrouted": _NOBODY,
    "earlier": Text(
        "Anropet kom innan motparten startades om, och inget testfall har tagit det.",
        "The call came before the counterpart was started again, and no case has taken it.",
    ),
    "left": Text(
        "Testfallet som väntade på anropet avslutades utan att ta det.",
        "The case that waited for the call ended without taking it.",
    ),
}
