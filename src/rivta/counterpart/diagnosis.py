"""What is likely wrong while a call is waited for and does not come, in words for whoever sits at the system.

The nearest thing that did happen is told: a call that almost fits before one of another kind, a call before a broken
handshake, a broken handshake before silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from rivta.counterpart.arrival import ADDRESS, Arrival, Wanted, differences
from rivta.counterpart.door import Knock
from rivta.model.words import Text

Clean = Callable[[str], str]
_LOOKED_AT = 200
"""How many of the latest calls are compared with what is wanted."""
_VERSION = re.compile(r"(?P<name>.*):(?P<major>\d+)")


def diagnosis(
    wanted: Wanted,
    came: Sequence[Arrival],
    knocks: Sequence[Knock],
    open_connections: int,
    connections: int,
    *,
    url: str,
    namespace: str,
    clean: Clean,
) -> Text | None:
    """What there is to say, None for nothing. `came` are calls since the waiting began that nobody took, `knocks`
    connections without a call, `url` where the wanted contract is called, `namespace` that of its messages.
    """
    if came:
        return _of_calls(wanted, came[-_LOOKED_AT:], namespace, clean)
    if knocks:
        return knocks[-1].text
    if open_connections:
        return Text(
            "Systemet har anslutit men ännu inte skickat ett helt anrop.",
            "The system has connected but has not sent a whole call yet.",
        )
    if not connections:
        return Text(
            f"Ingenting har nått porten. Kontrollera att systemet anropar {url} och att ingen brandvägg eller proxy står i vägen.",
            f"Nothing has reached the port. Check that the system calls {url} and that no firewall or proxy is in the way.",
        )
    return None


def _of_calls(wanted: Wanted, came: Iterable[Arrival], namespace: str, clean: Clean) -> Text:
    nearest = max(came, key=lambda each: (_nearness(each, wanted, namespace), each.number))
    if nearest.contract == wanted.contract:
        return _other_facts(nearest, wanted, clean)
    if nearest.standing in ("unreadable", "refused"):
        return _unusable(nearest, clean)
    if _same_but_for_version(nearest.namespace, namespace):
        return Text(
            f"Ett anrop kom, men i en annan version: {clean(nearest.namespace)} i stället för {namespace}.",
            f"A call came, but in another version: {clean(nearest.namespace)} instead of {namespace}.",
        )
    other = nearest.contract or clean(nearest.namespace) or "–"
    return Text(
        f"Ett anrop kom, men till ett annat kontrakt: {other} i stället för {wanted.contract}.",
        f"A call came, but to another contract: {other} instead of {wanted.contract}.",
    )


def _nearness(arrival: Arrival, wanted: Wanted, namespace: str) -> float:
    if arrival.contract == wanted.contract:
        return 100.0 - len(differences(arrival, wanted.when))
    return 2.0 if _same_but_for_version(arrival.namespace, namespace) else float(arrival.standing == "unreadable")


def _same_but_for_version(one: str, other: str) -> bool:
    first, second = _VERSION.fullmatch(one), _VERSION.fullmatch(other)
    return bool(first and second and first["name"] == second["name"] and first["major"] != second["major"])


def _other_facts(arrival: Arrival, wanted: Wanted, clean: Clean) -> Text:
    contrasts = [_contrast(name, meant, seen, clean) for name, meant, seen in differences(arrival, wanted.when)]
    if arrival.standing == "unrouted" and arrival.address and not contrasts:
        return Text(
            f"Ett anrop av {arrival.contract} kom, men till den logiska adressen {clean(arrival.address)}, som inte är vår.",
            f"A call of {arrival.contract} came, but to the logical address {clean(arrival.address)}, which is not ours.",
        )
    if not contrasts:
        return Text(
            f"Ett anrop av {arrival.contract} kom, men upprepar ett tidigare (nr {arrival.refers or arrival.number}).",
            f"A call of {arrival.contract} came, but it repeats an earlier one (no. {arrival.refers or arrival.number}).",
        )
    sv, en = "; ".join(text.sv for text in contrasts), "; ".join(text.en for text in contrasts)
    return Text(
        f"Ett anrop av {arrival.contract} kom, men inte det väntade: {sv}.",
        f"A call of {arrival.contract} came, but not the one that is waited for: {en}.",
    )


def _contrast(name: str, meant: str, seen: str, clean: Clean) -> Text:
    shown, wanted = clean(seen) if seen else None, clean(meant)
    sv = "logisk adress" if name == ADDRESS else name
    en = "logical address" if name == ADDRESS else name
    return Text(
        f"{sv} är {shown or 'inte angivet'} i stället för {wanted}",
        f"{en} is {shown or 'missing'} instead of {wanted}",
    )


def _unusable(arrival: Arrival, clean: Clean) -> Text:
    if arrival.standing == "refused":
        return Text(
            f"Ett anrop kom, men {_REFUSED[arrival.detail].sv}.", f"A call came, but {_REFUSED[arrival.detail].en}."
        )
    return Text(
        f"Ett anrop kom, men det går inte att läsa: {clean(arrival.detail)}.",
        f"A call came, but it cannot be read: {clean(arrival.detail)}.",
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


def reason(arrival: Arrival, clean: Clean) -> Text:
    """Why no case took a call, for the report."""
    if arrival.why == "repeat":
        return Text(f"Upprepar anrop {arrival.refers}.", f"Repeats call {arrival.refers}.")
    if arrival.why in ("unreadable", "refused"):
        return _unusable(arrival, clean)
    if arrival.standing == "unrouted" and not arrival.contract:
        return Text(
            f"Inget kontrakt här har namnrymden {clean(arrival.namespace) or '–'}.",
            f"No contract here has the namespace {clean(arrival.namespace) or '–'}.",
        )
    if arrival.standing == "unrouted" and arrival.address:
        return Text(
            f"Den logiska adressen {clean(arrival.address)} är inte vår.",
            f"The logical address {clean(arrival.address)} is not ours.",
        )
    return _WHY[arrival.why]


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
