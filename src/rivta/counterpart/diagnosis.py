"""What is likely wrong while a call is waited for and does not come, in words for whoever sits at the system.

The nearest thing that did happen is told: a call that almost fits before one of another kind, a call before a broken
handshake, a broken handshake before silence.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from rivta.counterpart.judging import A_FAULT
from rivta.counterpart.matching import ReceivedCall
from rivta.model.steps import ADDRESS, Matcher
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.transport.callers import Connections

Clean = Callable[[str], str]
_LOOKED_AT = 200
"""How many of the latest calls are compared with what is wanted."""
_VERSION = re.compile(r"(?P<name>.*):(?P<major>\d+)")


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
        return text("counterpart", "still_open")
    if connections.made == before:
        return text("counterpart", "nothing", url=url)
    return None


def _of_calls(wanted: Matcher, came: Iterable[ReceivedCall], namespace: str, clean: Clean) -> Text:
    nearest = max(came, key=lambda each: (_nearness(each, wanted, namespace), each.number))
    if nearest.said.contract == wanted.contract:
        contrasts = [_contrast(name, meant, seen, clean) for name, meant, seen in nearest.differences(wanted.when)]
        contract = nearest.said.contract
        if nearest.said.standing == "unrouted" and nearest.said.address and not contrasts:
            return text("counterpart", "other_address", contract=contract, address=clean(nearest.said.address))
        if not contrasts:
            return text("counterpart", "repeat", contract=contract, number=nearest.refers or nearest.number)
        return text("counterpart", "other_facts", contract=contract, contrasts=Text.joined(contrasts, "; "))
    if nearest.said.standing in ("unreadable", "refused"):
        return _unusable(nearest, clean)
    if _same_but_for_version(nearest.said.namespace, namespace):
        return text("counterpart", "other_version", namespace=clean(nearest.said.namespace), wanted=namespace)
    other = nearest.said.contract or clean(nearest.said.namespace) or "–"
    return text("counterpart", "other_contract", other=other, wanted=wanted.contract)


def _nearness(call: ReceivedCall, wanted: Matcher, namespace: str) -> float:
    if call.said.contract == wanted.contract:
        return 100.0 - len(call.differences(wanted.when))
    return 2.0 if _same_but_for_version(call.said.namespace, namespace) else float(call.said.standing == "unreadable")


def _same_but_for_version(one: str, other: str) -> bool:
    first, second = _VERSION.fullmatch(one), _VERSION.fullmatch(other)
    return bool(first and second and first["name"] == second["name"] and first["major"] != second["major"])


def _contrast(name: str, meant: str, seen: str, clean: Clean) -> Text:
    return text(
        "counterpart",
        "contrast",
        name=text("counterpart", "address") if name == ADDRESS else name,
        shown=(clean(seen) if seen else "") or text("counterpart", "missing"),
        wanted=clean(meant),
    )


def _unusable(call: ReceivedCall, clean: Clean) -> Text:
    if call.said.standing == "refused":
        return text("counterpart", "unusable", why=text("counterpart", f"refused_{call.said.trouble.en}"))
    if call.said.trouble == A_FAULT:
        return text("counterpart", "a_fault")
    return text("counterpart", "unreadable", trouble=Text(clean(call.said.trouble.sv), clean(call.said.trouble.en)))


def no_post(method: str) -> Text:
    """Somebody looked, or calls in the wrong way."""
    return text("counterpart", "looked") if method == "GET" else text("counterpart", "no_post", method=method)


def reason(call: ReceivedCall, clean: Clean) -> Text:
    """Why no case took a call, for the report."""
    if call.why == "repeat":
        return text("counterpart", "why_repeat", number=call.refers)
    if call.why in ("unreadable", "refused"):
        return _unusable(call, clean)
    if call.said.standing == "unrouted" and not call.said.contract:
        return text("counterpart", "why_namespace", namespace=clean(call.said.namespace) or "–")
    if call.said.standing == "unrouted" and call.said.address:
        return text("counterpart", "why_address", address=clean(call.said.address))
    return text("counterpart", f"why_{'nobody' if call.why == 'unrouted' else call.why}")
