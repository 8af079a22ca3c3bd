"""Word forms built in the test, in the shape of the published ones, and runs made by hand that answer them."""

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from rivta.model.declaration import Answer, Answers
from rivta.model.domain import ContractFacts, DomainFacts
from rivta.model.environment import System
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, CheckResult, Finding, PlannedCase, Run, RunFooter, RunHeader
from rivta.model.words import Source, Text, Verdict
from rivta.report.word import WordForm

FORMS = Path(__file__).parents[1].parent / "shared" / "forms"
PLUM, TEAL = "DC98B3", "9DCBB6"
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RUN = "20261121T101500Z-1f2e"
YES_NO = "[] Ja       [] Nej"


def paragraph(text: str, shade: str = "", style: str = "", *, level: int | None = None, split: bool = False) -> str:
    """A paragraph as Word writes one; `split` puts each character in a run of its own, as its spelling checker may."""
    border = '<w:pBdr><w:top w:val="single"/></w:pBdr>' if shade else ""
    shading = f'<w:shd w:val="clear" w:fill="{shade}"/>' if shade else ""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    numbered = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>' if level is not None else ""
    parts = re.split(r"(?s)(.)" if split else "([\n\t])", text)
    runs = "".join(f"<w:r>{_run_content(part)}</w:r>" for part in parts if part)
    return f"<w:p><w:pPr>{styled}{numbered}{border}{shading}</w:pPr>{runs}</w:p>"


def _run_content(part: str) -> str:
    breaks = {"\n": "<w:br/>", "\t": "<w:tab/>"}
    return breaks.get(part) or f'<w:t xml:space="preserve">{escape(part)}</w:t>'


def heading(text: str, level: int) -> str:
    return paragraph(text, style=f"Rubrik{level}", level=level - 1)


def plum(*texts: str) -> str:
    return "".join(paragraph(text, PLUM) for text in texts)


OPENING = (
    paragraph("Detta formulär är en självdeklaration i rollen tjänsteproducent.")
    + paragraph("Tjänstedomän\tclinicalprocess:healthcond:description\nTjänstekontrakt\tGetDiagnosis 2.0")
    + heading("Underlag", 1)
)
STYLES = (
    f'<w:styles xmlns:w="{NAMESPACE}"><w:style w:styleId="Rubrik1"><w:name w:val="heading 1"/></w:style></w:styles>'
)


def document(*content: str, opening: str = OPENING) -> bytes:
    """A document part with the content given after what names the contract."""
    body = opening + "".join(content)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<w:document xmlns:w="{NAMESPACE}"><w:body>{body}</w:body></w:document>'.encode()


def docx(*content: str, opening: str = OPENING, others: Mapping[str, bytes] | None = None) -> bytes:
    """A small package with that document."""
    members = {"[Content_Types].xml": b"<Types/>", "word/document.xml": document(*content, opening=opening)}
    return packed({**members, "word/styles.xml": STYLES.encode(), **(others or {})})


def packed(members: Mapping[str, bytes]) -> bytes:
    """A zip with these members, in order, each with a time of its own."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for number, (name, content) in enumerate(members.items()):
            package.writestr(zipfile.ZipInfo(name, (2024, 5, 30, 12, number % 60, 0)), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def member(body: bytes, name: str = "word/document.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        return package.read(name)


def case(
    id_: str,
    verdict: Verdict = Verdict.PASSED,
    *,
    contract: str = "GetDiagnosis",
    role: str = "producer",
    finding: str = "Svaret saknar elementet.",
    request: bytes = b"<Envelope/>",
    kind: str = "xpath",
    elapsed_ms: float = 420.0,
) -> CaseResult:
    """A case with one exchange and one check."""
    findings = (Finding(Text(finding, "The element is missing.")),) if verdict is Verdict.FAILED else ()
    sent = Message((("Content-Type", "text/xml; charset=UTF-8"),), request)
    answer = Message((), b"<Envelope/>")
    exchange = Exchange(contract, "http://127.0.0.1", sent, answer, 200, "2026-11-21T10:15:01Z", elapsed_ms)
    exchange = replace(exchange, inbound=role == "consumer")
    return CaseResult(
        case=id_,
        title=Text(f"Testfall {id_}", f"Case {id_}"),
        domain="clinicalprocess.healthcond.description",
        contract=contract,
        role=role,
        suite=f"suites/x/{contract}/producer.yaml",
        verdict=verdict,
        verifies=(),
        checks=(
            CheckResult("schema", Verdict.PASSED, ()),
            CheckResult("encoding", Verdict.PASSED, ()),
            CheckResult(kind, verdict, (), findings=findings),
        ),
        exchanges=(exchange,),
        started="2026-11-21T10:15:01Z",
        elapsed_ms=elapsed_ms,
        source=Source(f"suites/x/{contract}/producer.yaml"),
    )


def run_of(
    results: Iterable[CaseResult],
    *,
    planned: Iterable[CaseResult] = (),
    version: str = "2.0",
    is_whole: bool = True,
    test_identities: tuple[str, ...] = (),
) -> Run:
    """A run with these results; `planned` are further cases that were not run."""
    done = tuple(results)
    contracts = dict.fromkeys(each.contract for each in done)
    facts = tuple(
        ContractFacts("d", name, version, Text.same(name), "official", "0" * 64, name, 27_000) for name in contracts
    )
    wanted = tuple(
        PlannedCase(each.case, each.title, each.contract, each.role, each.suite, ()) for each in (*done, *planned)
    )
    header = RunHeader(
        run=RUN,
        started="2026-11-21T10:15:00Z",
        rivta="0",
        python="3.11",
        system=System("Testregionen", "Testjournalen", "4.2", "232100-0016"),
        roles=(),
        environment={},
        domains=(DomainFacts("clinicalprocess.healthcond.description", "2.1.14", Text.same("d"), facts, ()),),
        suites={},
        planned=wanted,
        test_identities=test_identities,
        mask_key="key",
    )
    return Run(Path("reports/x"), header, done, RunFooter("2026-11-21T10:16:00Z", {}) if is_whole else None)


def answers(vendor: Mapping[str, str], given: Mapping[str, Answer | str] | None = None) -> Answers:
    """The vendor's file; a plain text is an answer with that value."""
    given = given or {}
    whole = {id_: Answer(id_, each) if isinstance(each, str) else each for id_, each in given.items()}
    return Answers(Path("declaration.yaml"), vendor, whole)


VENDOR = {
    "organisation": "Testregionen & Co <AB>",
    "organisation-number": "232100-0016",
    "product": "Testjournalen",
    "version": "4.2",
    "source-system": "Testkällan 7",
    "laboratory-system": "Testlabb 3",
    "date": "2026-11-21",
    "signer": "Anna Ansvarig",
}


def run_for(form: WordForm, failed: Collection[str] = (), unknown: Collection[str] = ()) -> Run:
    """A run with a case for each test that the form cites, and for a consumer's form one with each element it asks for."""
    cited = dict.fromkeys(reference for field in form.fields for reference in field.references)
    results = [_cited_case(form, reference, reference in failed) for reference in cited if reference not in unknown]
    if form.role == "consumer":
        results.append(case("sent", contract=form.contract, role="consumer", request=_request(form)))
    return run_of(results or [case("1.1.1", contract=form.contract)], version=form.version)


def _cited_case(form: WordForm, reference: str, is_failed: bool) -> CaseResult:
    kind, id_ = reference.split(" ")
    contract, role = (form.contract, form.role) if kind == "TF" else ("Update", "consumer")
    return case(id_, Verdict.FAILED if is_failed else Verdict.PASSED, contract=contract, role=role)


def _request(form: WordForm) -> bytes:
    """A request with every element that the form names in parentheses."""
    names = [re.search(r"\(([A-Za-z]\w*)(?: = (\w+))?\)", field.question) for field in form.fields]
    elements = (f"<{name[1]}>{name[2] or '191212121212'}</{name[1]}>" for name in names if name)
    return f"<Envelope>{''.join(elements)}</Envelope>".encode()
