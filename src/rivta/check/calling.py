"""Checks of how the system calls: the action, the address, the headers and the certificate of a call that we received."""

import re
from dataclasses import replace

from lxml import etree

from rivta.check.kinds import NOTHING, Observation, Seen, compared, kind_of, not_applicable
from rivta.contract.envelope import SOAP
from rivta.contract.message import ACTING_FOR, ORIGINAL_CONSUMER, capture
from rivta.model.errors import Unreadable, UsageError
from rivta.model.run import Finding
from rivta.text.catalogue import text
from rivta.text.xml import PREFIXES

_IDS = (ORIGINAL_CONSUMER, ACTING_FOR)
_INSIDE_THE_PLATFORM = "x-vp-"


@kind_of("calls")
def soapaction(seen: Seen) -> Observation:
    """The call's SOAPAction header is there, stands in double quotes, and is the contract's.

    It decides nothing about where a message goes, but some stacks refuse a call without it. Concerns calls that we
    receive. Source: RIV-TA Basic Profile 2.1 rule #15; SOAP 1.1 section 6.1.1; WS-I Basic Profile 1.1.
    """
    said = dict.fromkeys(value for name, value in seen.message.headers if name.lower() == "soapaction")
    expected, actual = f'"{seen.contract.soap_action}"', ", ".join(said) if said else NOTHING
    key = "action_unquoted" if actual == seen.contract.soap_action else "action_other" if said else "action_lacking"
    wrong = None if actual == expected else text("check", key)
    return compared(seen, expected, actual, wrong, "HTTP SOAPAction")


@kind_of("calls")
def addressing(seen: Seen, *, unit: str | None = None, equals: str | None = None) -> Observation:
    """The call has exactly one logical address in its SOAP header, and it is the unit that the message itself is for.

    The header element is the one that the contract's WSDL declares, LogicalAddress or To. `unit` is an XPath to that
    unit in the message, and `equals` is its id where the message does not say it; without either it is what the
    domain's fact with the role `recipient` finds, and a message that names none is then judged by the form of its
    address alone: one id, with no blank in it. Where `unit` does not find one single unit, an address of that form
    shows nothing. Upper and lower case are the same, as on the national platform. Concerns calls that we receive.
    Source: RIV-TA Basic Profile 2.1 rule #8; the contract description, addressing.
    """
    if unit is not None and equals is not None:
        raise UsageError("addressing has both unit and equals", todo="keep the one that says which unit it is")
    header = seen.contract.header
    if not header:
        return not_applicable(text("check", "address_unknown"))
    name, wanted = etree.QName(header), (_unit(seen, unit) if equals is None else equals).strip()
    expected = f"1 × {name.localname}{f' = {wanted}' if wanted else ''}"
    there = seen.envelope.root.iterfind(f"{{{SOAP}}}Header/{header}")
    addresses = ["".join(each.itertext()) for each in there]
    prefix = PREFIXES.get(name.namespace or "")
    place = f"/soapenv:Envelope/soapenv:Header/{f'{prefix}:' if prefix else ''}{name.localname}"
    key = _wrong_address(seen, name.localname, addresses, wanted)
    wrong = text("check", key, name=name.localname) if key else None
    observed = compared(seen, expected, ", ".join(addresses) or NOTHING, wrong, place)
    if wanted or unit is None:
        return observed
    return replace(observed, note=text("check", "unit_unsaid", path=unit), proves=False)


def _unit(seen: Seen, path: str | None) -> str:
    if path is None:
        return seen.recipient
    try:
        return capture(seen.envelope.root, path, seen.namespaces)
    except Unreadable:  # the message names none, or several: the schema and the case's own checks say which it may
        return ""


def _wrong_address(seen: Seen, name: str, addresses: list[str], wanted: str) -> str:
    """What is wrong, as the key of what is said of it; empty for nothing."""
    if not addresses:
        elsewhere = next(seen.envelope.root.iterfind(f"{{{SOAP}}}Header/{{*}}{name}"), None)
        return "address_lacking" if elsewhere is None else "address_elsewhere"
    if len(addresses) > 1:
        return "address_again"
    if not re.fullmatch(r"\S+", addresses[0].strip()):
        return "address_odd"
    return "address_other" if wanted and addresses[0].strip().upper() != wanted.upper() else ""


@kind_of("calls")
def headers(seen: Seen, *, acting_for: str | None = None) -> Observation:
    """The HTTP headers that name the original consumer and the party acted for hold one id each, where they are sent.

    They are `x-rivta-original-serviceconsumer-hsaid` and `x-rivta-acting-on-behalf-of-hsaid`; neither has to be there, but for the second
    where the call is made for the organisation `acting_for`, whose HSA-id it then has, in upper or lower case.
    `x-vp-…`, which the national platform strips from what comes in from outside, is remarked on and is no deviation.
    Concerns calls that we receive. Source: RIV-TA Basic Profile 3.0 rules #23 and #24; the national platform's list of
    headers.
    """
    sent = [(name, value) for name, value in seen.message.headers if name.lower() in _IDS]
    findings = [finding for name in _IDS for finding in _wrong_id(seen, name)]
    actual = ", ".join(f"{name}: {value}" for name, value in sent) or NOTHING
    named = {value.strip().upper() for name, value in sent if name.lower() == ACTING_FOR}
    if acting_for is not None and acting_for.upper() not in named:
        wrong = text("check", "not_acting_for")
        findings += compared(seen, acting_for, actual, wrong, f"HTTP {ACTING_FOR}").findings
    inside = [name for name, _ in seen.message.headers if name.lower().startswith(_INSIDE_THE_PLATFORM)]
    note = text("check", "stripped", names=", ".join(dict.fromkeys(inside))) if inside else None
    return Observation("0–1 × id" if acting_for is None else acting_for, actual, tuple(findings), note)


def _wrong_id(seen: Seen, name: str) -> list[Finding]:
    values = [value for key, value in seen.message.headers if key.lower() == name]
    if len(values) <= 1 and all(re.fullmatch(r"[^\s,]+", value.strip()) for value in values):
        return []
    place, actual = f"HTTP {name}", ", ".join(f"“{value}”" for value in values)
    return [*compared(seen, "0–1 × id", actual, text("check", "no_single_id"), place).findings]


@kind_of("calls")
def client_certificate(seen: Seen) -> Observation:
    """The caller showed a client certificate in the TLS handshake.

    Without TLS, as in a run on one machine, there is nothing to say. Concerns calls that we receive. Source: RIV-TA Basic
    Profile 2.1 rule #6.
    """
    tls = seen.exchange.tls
    if tls is None:
        return not_applicable(text("check", "no_tls"))
    expected = "1 × X.509"
    if tls.client_certificate:
        return Observation(expected, tls.peer_subject or expected)
    return compared(seen, expected, NOTHING, text("check", "no_client_certificate"), tls.version)
