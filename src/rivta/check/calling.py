"""Checks of how the system calls: the action, the address, the headers and the certificate of a call that we received."""

import re

from lxml import etree

from rivta.check.kinds import NOTHING, OF_CALLS, Observation, Seen, kind_of, not_applicable
from rivta.contract.envelope import SOAP
from rivta.contract.message import ACTING_FOR, ORIGINAL_CONSUMER, capture
from rivta.model.errors import Unreadable
from rivta.model.run import Finding
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.text.xml import PREFIXES

_IDS = (ORIGINAL_CONSUMER, ACTING_FOR)
_INSIDE_THE_PLATFORM = "x-vp-"
_NO_HEADER = Text("Kontraktet har ingen adress i SOAP-huvudet.", "The contract has no address in its SOAP header.")
_NO_TLS = Text("Anropet kom utan TLS.", "The call came without TLS.")


@kind_of("calls")
def soapaction(seen: Seen) -> Observation:
    """The call's SOAPAction header is there, stands in double quotes, and is the contract's.

    It decides nothing about where a message goes, but some stacks refuse a call without it. Concerns calls that we
    receive. Source: RIV-TA Basic Profile 2.1 rule #15; SOAP 1.1 section 6.1.1; WS-I Basic Profile 1.1.
    """
    if not seen.exchange.inbound:
        return not_applicable(OF_CALLS)
    said = dict.fromkeys(value for name, value in seen.message.headers if name.lower() == "soapaction")
    expected, actual = f'"{seen.contract.soap_action}"', ", ".join(said) if said else None
    if actual == expected:
        return Observation(expected, actual)
    finding = Finding(
        _wrong_action(actual, seen.contract.soap_action),
        seen.direction,
        location="HTTP SOAPAction",
        expected=expected,
        actual=NOTHING if actual is None else actual,
    )
    return Observation(expected, NOTHING if actual is None else actual, (finding,))


def _wrong_action(actual: str | None, wanted: str) -> Text:
    if actual is None:
        return Text("Anropet saknar SOAPAction.", "The call has no SOAPAction.")
    if actual == wanted:
        return Text("SOAPAction ska stå inom citattecken.", "SOAPAction must stand in double quotes.")
    return Text("SOAPAction är inte kontraktets.", "SOAPAction is not the contract's.")


@kind_of("calls")
def addressing(seen: Seen, *, unit: str | None = None) -> Observation:
    """The call has exactly one logical address in its SOAP header, and it is the unit that the message itself is for.

    The header element is the one that the contract's WSDL declares, LogicalAddress or To. `unit` is an XPath to that unit in
    the message; without it, it is what the domain's fact with the role `recipient` finds. A message that names none is judged by the form of its address alone: one id, with no blank in it. Upper and lower case are the
    same, as on the national platform. Concerns calls that we receive. Source: RIV-TA Basic Profile 2.1 rule #8; the
    contract description, addressing.
    """
    if not seen.exchange.inbound:
        return not_applicable(OF_CALLS)
    header = seen.contract.header
    if not header:
        return not_applicable(_NO_HEADER)
    name, wanted = etree.QName(header), _unit(seen, unit)
    expected = f"1 × {name.localname}{f' = {wanted}' if wanted else ''}"
    there = seen.envelope.root.iterfind(f"{{{SOAP}}}Header/{header}")
    addresses = ["".join(each.itertext()) for each in there]
    actual = ", ".join(addresses) or NOTHING
    wrong = _wrong_address(seen, name.localname, addresses, wanted)
    if wrong is None:
        return Observation(expected, actual)
    prefix = PREFIXES.get(name.namespace or "")
    finding = Finding(
        wrong,
        seen.direction,
        location=f"/soapenv:Envelope/soapenv:Header/{f'{prefix}:' if prefix else ''}{name.localname}",
        expected=expected,
        actual=actual,
    )
    return Observation(expected, actual, (finding,))


def _unit(seen: Seen, path: str | None) -> str:
    if path is None:
        return seen.recipient.strip()
    try:
        return capture(seen.envelope.root, path, seen.namespaces).strip()
    except Unreadable:  # the message names none, or several: the schema and the case's own checks say which it may
        return ""


def _wrong_address(seen: Seen, name: str, addresses: list[str], wanted: str) -> Text | None:
    if not addresses:
        elsewhere = next(seen.envelope.root.iterfind(f"{{{SOAP}}}Header/{{*}}{name}"), None)
        if elsewhere is not None:
            return Text(f"{name} står i fel namnrymd.", f"{name} stands in the wrong namespace.")
        return Text(f"{name} saknas i SOAP-huvudet.", f"{name} is missing from the SOAP header.")
    if len(addresses) > 1:
        return Text(f"SOAP-huvudet har mer än en {name}.", f"The SOAP header has more than one {name}.")
    if not re.fullmatch(r"\S+", addresses[0].strip()):
        return Text(f"{name} är inte ett HSA-id.", f"{name} is no HSA-id.")
    if wanted and addresses[0].strip().upper() != wanted.upper():
        return Text(
            f"{name} är en annan enhet än den som meddelandet är till.",
            f"{name} is another unit than the one that the message is for.",
        )
    return None


@kind_of("calls")
def headers(seen: Seen, *, acting_for: str | None = None) -> Observation:
    """The HTTP headers that name the original consumer and the party acted for hold one id each, where they are sent.

    They are `x-rivta-original-serviceconsumer-hsaid` and `x-rivta-acting-on-behalf-of-hsaid`; neither has to be there, but for the second
    where the call is made for the organisation `acting_for`, whose HSA-id it then has, in upper or lower case.
    `x-vp-…`, which the national platform strips from what comes in from outside, is remarked on and is no deviation.
    Concerns calls that we receive. Source: RIV-TA Basic Profile 3.0 rules #23 and #24; the national platform's list of
    headers.
    """
    if not seen.exchange.inbound:
        return not_applicable(OF_CALLS)
    sent = [(name, value) for name, value in seen.message.headers if name.lower() in _IDS]
    findings = [finding for name in _IDS for finding in _wrong_id(seen, name)]
    actual = ", ".join(f"{name}: {value}" for name, value in sent) or NOTHING
    named = {value.strip().upper() for name, value in sent if name.lower() == ACTING_FOR}
    if acting_for is not None and acting_for.upper() not in named:
        wanted, place = text("check", "not_acting_for"), f"HTTP {ACTING_FOR}"
        findings.append(Finding(wanted, seen.direction, location=place, expected=acting_for, actual=actual))
    return Observation("0–1 × id" if acting_for is None else acting_for, actual, tuple(findings), note=_stripped(seen))


def _wrong_id(seen: Seen, name: str) -> list[Finding]:
    values = [value for key, value in seen.message.headers if key.lower() == name]
    if len(values) <= 1 and all(re.fullmatch(r"[^\s,]+", value.strip()) for value in values):
        return []
    message = Text("HTTP-huvudet håller inte ett enda HSA-id.", "The HTTP header does not hold one single HSA-id.")
    place, actual = f"HTTP {name}", ", ".join(f"“{value}”" for value in values)
    return [Finding(message, seen.direction, location=place, expected="0–1 × id", actual=actual)]


def _stripped(seen: Seen) -> Text | None:
    names = [name for name, _ in seen.message.headers if name.lower().startswith(_INSIDE_THE_PLATFORM)]
    if not names:
        return None
    some = ", ".join(dict.fromkeys(names))
    return Text(
        f"{some} tas bort av den nationella plattformen och når inte fram.",
        f"{some} is taken out by the national platform and does not arrive.",
    )


@kind_of("calls")
def client_certificate(seen: Seen) -> Observation:
    """The caller showed a client certificate in the TLS handshake.

    Without TLS, as in a run on one machine, there is nothing to say. Concerns calls that we receive. Source: RIV-TA Basic
    Profile 2.1 rule #6.
    """
    if not seen.exchange.inbound:
        return not_applicable(OF_CALLS)
    tls = seen.exchange.tls
    if tls is None:
        return not_applicable(_NO_TLS)
    expected = "1 × X.509"
    if tls.client_certificate:
        return Observation(expected, tls.peer_subject or expected)
    message = Text("Anropet kom utan klientcertifikat.", "The call came without a client certificate.")
    finding = Finding(message, seen.direction, location=tls.version, expected=expected, actual=NOTHING)
    return Observation(expected, NOTHING, (finding,))
