"""A counterpart under test, and systems that call it: over real sockets, well or badly."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from reference_system import domain as remiss
from rivta.contract.message import wrap
from rivta.counterpart import Counterpart, listen
from rivta.counterpart.judging import ContractCatalogue
from rivta.evidence.journal import Journal, KeptCall
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Domain
from rivta.model.environment import Listening
from rivta.model.steps import Behaviour, Matcher
from rivta.text.identity import Mask

CONTRACT = "clinicalprocess.activity.request/ProcessRequest@2"
ADDRESS = "SE2321000016-MOT1"
PATIENT = "191212121212"
HEADER = "{urn:riv:itintegration:registry:1}LogicalAddress"
CHILD = "201212121212"
CORE = "urn:riv:clinicalprocess:activity:request:2"
OK = Behaviour()
_FACTS = {
    "patient": "//c:patient/c:personId/@extension",
    "request-id": "//c:requestId/@extension",
    "kind": "//c:reasonForVersion/c:typeOfReason/@code",
    "version": "//c:versionNumber",
}


@cache
def domain() -> Domain:
    """Elektronisk remiss, known by four facts."""
    read = remiss()
    return replace(read, facts=_FACTS, namespaces={"c": CORE})


def referrals(
    answer: Behaviour = OK,
    *,
    when: Mapping[str, str] | None = None,
    since: float | None = None,
    repeatedly: bool = False,
) -> Matcher:
    """What a step waits for: from now on, unless it is said since when."""
    return Matcher(CONTRACT, when or {}, answer, SYSTEM.monotonic() if since is None else since, repeatedly)


def referral(
    number: str = "1", *, patient: str = PATIENT, kind: str = "NR", version: int = 1, to: str = ADDRESS
) -> bytes:
    """A valid ProcessRequest in its envelope."""
    return wrap(_REFERRAL.format(number=number, patient=patient, kind=kind, version=version), to, HEADER).encode()


def invalid_referral(number: str = "1") -> bytes:
    """One whose schema is broken: careResponsibilityRemains is no boolean."""
    return referral(number).replace(b">true<", b">maybe<")


@contextmanager
def counterpart(folder: Path, *, silence: float = 65.0, **listening: object) -> Iterator[Counterpart]:
    """A counterpart that keeps what comes in `folder`."""
    with listen(domain(), replace(Listening(), **listening), folder, silence=silence) as running:  # type: ignore[arg-type]
        yield running


@contextmanager
def in_process(folder: Path, clock: Clock, **listening: object) -> Iterator[Counterpart]:
    """A counterpart without a port, on that clock."""
    journal, settings = Journal(folder, mask=Mask("key", ())), replace(Listening(), **listening)  # type: ignore[arg-type]
    with closing(journal):
        yield Counterpart(ContractCatalogue([domain()]), settings, journal, "http://counterpart", clock)


@dataclass(frozen=True)
class Heard:
    """What a caller got back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self, name: str) -> str:
        """The text of the first element of that local name; empty if there is none."""
        found = etree.fromstring(self.body).iter(f"{{*}}{name}")
        return next((element.text or "" for element in found), "")


def call(
    url: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    context: ssl.SSLContext | None = None,
    seconds: float = 30.0,
) -> Heard:
    """One call on a connection of its own."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    try:
        connection.request(
            "POST", parts.path or "/", body, {"Content-Type": "text/xml; charset=UTF-8", **(headers or {})}
        )
        response = connection.getresponse()
        return Heard(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def plug(url: str, seconds: float = 10.0) -> socket.socket:
    """A bare connection to the port."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), seconds)


_REFERRAL = """<pr:ProcessRequest xmlns:pr="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2" xmlns:core="urn:riv:clinicalprocess:activity:request:2">
  <core:request>
    <core:requestId extension="SE2321000012-0001#{number}"/>
    <core:typeOfRequest code="4"/>
    <core:versionTimeStamp value="20260901101500"/>
    <core:versionNumber>{version}</core:versionNumber>
    <core:reasonForVersion><core:typeOfReason code="{kind}"/></core:reasonForVersion>
    <core:careResponsibilityRemains>true</core:careResponsibilityRemains>
    <core:patient><core:personId extension="{patient}" root="1.2.752.129.2.1.3.1"/></core:patient>
    <core:requestOrganisation><core:careUnitId extension="SE2321000012-REM1"/></core:requestOrganisation>
    <core:author>
      <core:date value="20260901"/>
      <core:healthcareProfessional><core:name>Elin Ek</core:name></core:healthcareProfessional>
      <core:healthcareProfessionalOrganisation><core:careUnitId extension="SE2321000012-REM1"/></core:healthcareProfessionalOrganisation>
    </core:author>
    <core:recipient><core:organisation><core:careUnitId extension="SE2321000016-MOT1"/></core:organisation></core:recipient>
    <core:questionFormulation><core:text>Bedömning av höftsmärta?</core:text></core:questionFormulation>
  </core:request>
</pr:ProcessRequest>
"""


def calls_kept(folder: Path) -> list[KeptCall]:
    """The calls that a run received, with their bodies, as whoever goes on with its folder finds them."""
    journal = Journal(folder, mask=Mask("key", ()))
    try:
        return [journal.entry(each.number) for each in journal.entries()]
    finally:
        journal.close()
