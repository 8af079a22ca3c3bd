"""A SoapUI project as its file has it, read without trust. Nothing in it is executed, and no path in it is followed.

The format is SoapUI's own (`con:soapui-project`); versions 3 to 5.10, and what ReadyAPI writes as one file, differ in nothing that is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from rivta.model.errors import UsageError
from rivta.model.words import Source
from rivta.text.xml import LIMIT_BYTES, parse

_HEADERS = "com.eviware.soapui.impl.wsdl.WsdlRequest@request-headers"
_ENTRY = re.compile(
    r"""<(?:\w+:)?entry\b[^>]*?\bkey="([^"]*)"[^>]*?\bvalue="([^"]*)"|<(?:\w+:)?entry\b[^>]*?\bvalue="([^"]*)"[^>]*?\bkey="([^"]*)\""""
)
_COMPOSITE = ("settings.xml", "project.content", "element.order")
"""Files of a composite project, which ReadyAPI keeps as a folder."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """`settings` are the texts of its configuration by name; `script` is that of a script assertion, else empty."""

    type: str
    name: str
    settings: Mapping[str, str]
    script: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a case. `settings` are the texts of its configuration by name, the first of each; the rest is of a request alone.

    `besides` is what a request has that no text of it says, `idle` how many of its assertions are disabled.
    """

    kind: str
    name: str
    line: int
    settings: Mapping[str, str]
    script: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    transfers: tuple[Mapping[str, str], ...] = ()
    endpoint: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()
    besides: tuple[str, ...] = ()
    idle: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """`suite` is the name of its test suite, `inherited` that suite's properties; `loads` are the load tests that hang on it, `idle` its
    steps that are disabled.
    """

    id: str
    name: str
    suite: str
    is_disabled: bool
    steps: tuple[Step, ...]
    setup: str
    properties: Mapping[str, str]
    inherited: Mapping[str, str]
    loads: tuple[Mapping[str, str], ...]
    idle: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Interface:
    """A service as SoapUI keeps it. `documents` are its copy of WSDL and schemas by address, `root` is the address of the WSDL."""

    name: str
    is_soap: bool
    definition: str
    operations: Mapping[str, str]
    documents: Mapping[str, str]
    root: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A canned response of a mock service, with the HTTP status that it is given with."""

    name: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Mock:
    """A mocked operation: the script that chooses one of its answers, and which is given by itself."""

    service: str
    interface: str
    operation: str
    default: str
    script: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Project:
    path: Path
    name: str
    version: str
    properties: Mapping[str, str]
    interfaces: tuple[Interface, ...]
    cases: tuple[Case, ...]
    mocks: tuple[Mock, ...]

    def interface(self, name: str) -> Interface | None:
        return next((each for each in self.interfaces if each.name == name and each.is_soap), None)


def read(path: Path) -> Project:
    """The project in a file. UsageError for a folder, for what is encrypted or no project; Unreadable for a document type declaration."""
    if path.is_dir():
        is_composite = any((path / each).exists() for each in _COMPOSITE)
        kind = "a composite project, which is a folder" if is_composite else "a folder"
        raise UsageError(f"{path} is {kind}", todo="save it as one file: Project, Save Project As, not composite")
    root = parse(_bytes(path), path=str(path), is_message=False)
    name = etree.QName(root).localname
    if name != "soapui-project":
        raise UsageError(f"{path} is no SoapUI project: its root is {name}", source=Source(str(path)))
    if root.find("{*}encryptedContent") is not None:
        todo = "open it in SoapUI, clear its password (Project, Shadow Password) and save it"
        raise UsageError(f"{path} is encrypted, and nothing can be read of it", source=Source(str(path)), todo=todo)
    return Project(
        path=path,
        name=root.get("name", path.stem),
        version=root.get("soapui-version", ""),
        properties=_properties(root),
        interfaces=tuple(_interface(each) for each in root.iterfind("{*}interface")),
        cases=tuple(
            _case(each, suite) for suite in root.iterfind("{*}testSuite") for each in suite.iterfind("{*}testCase")
        ),
        mocks=tuple(
            _mock(each, service)
            for service in root.iterfind("{*}mockService")
            for each in service.iterfind("{*}mockOperation")
        ),
    )


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > LIMIT_BYTES:
        todo = "remove interfaces and stored responses that nothing uses, and save it again"
        raise UsageError(f"{path} is {size} bytes, over the {LIMIT_BYTES} that are read", todo=todo)
    return path.read_bytes()


def _text(element: etree._Element | None, name: str = "") -> str:
    """The text of an element, or of its child of that name; a carriage return that SoapUI wrote as two letters is gone."""
    found = element.find(f"{{*}}{name}") if element is not None and name else element
    text = (found.text or "") if found is not None else ""
    return re.sub(r"(\\r|\r)+(?=\n|$)", "", text)


def _properties(owner: etree._Element) -> dict[str, str]:
    return {_text(each, "name"): _text(each, "value") for each in owner.iterfind("{*}properties/{*}property")}


def _leaves(config: etree._Element | None) -> dict[str, str]:
    """The first text of each name below a configuration."""
    leaves: dict[str, str] = {}
    for each in config.iter(etree.Element) if config is not None else ():
        if not len(each):
            leaves.setdefault(etree.QName(each).localname, _text(each))
    return leaves


def _interface(element: etree._Element) -> Interface:
    cache = element.find("{*}definitionCache")
    parts = cache.iterfind("{*}part") if cache is not None else ()
    kind = next((value for name, value in element.attrib.items() if str(name).endswith("}type")), "")
    return Interface(
        name=element.get("name", ""),
        is_soap="Wsdl" in str(kind) or element.get("soapVersion") is not None,
        definition=element.get("definition", ""),
        operations={each.get("name", ""): each.get("action", "") for each in element.iterfind("{*}operation")},
        documents={_text(each, "url"): _text(each, "content") for each in parts},
        root=cache.get("rootPart", "") if cache is not None else "",
    )


def _case(element: etree._Element, suite: etree._Element) -> Case:
    return Case(
        id=element.get("id", ""),
        name=element.get("name", ""),
        suite=suite.get("name", ""),
        is_disabled="true" in (element.get("disabled"), suite.get("disabled")),
        steps=tuple(_step(each) for each in element.iterfind("{*}testStep") if not _is_idle(each)),
        setup=_text(element, "setupScript"),
        properties=_properties(element),
        inherited=_properties(suite),
        loads=tuple(_load(each) for each in element.iterfind("{*}loadTest")),
        idle=tuple(each.get("name", "") for each in element.iterfind("{*}testStep") if _is_idle(each)),
        line=element.sourceline or 1,
    )


_LOAD = "threadCount testLimit limitType testDelay randomFactor variance interval startThreadCount endThreadCount"


def _load(element: etree._Element) -> dict[str, str]:
    """What a load test says of itself: threads, how it is limited, its strategy, what it asserts."""
    leaves = {name: text for name, text in _leaves(element).items() if name in _LOAD.split()}
    asserted = ", ".join(each.get("type", "") for each in element.iterfind("{*}assertion"))
    strategy = element.findtext("{*}loadStrategy/{*}type", "")
    return {"name": element.get("name", ""), "strategy": strategy, "asserts": asserted} | leaves


def _is_idle(element: etree._Element) -> bool:
    return element.get("disabled") == "true"


def _step(element: etree._Element) -> Step:
    kind, config = element.get("type", ""), element.find("{*}config")
    if config is None:
        return Step(kind, element.get("name", ""), element.sourceline or 1, {})
    request = config.find("{*}request") if kind == "request" else None
    own = config if request is None else request
    assertions = list(own.iter("{*}assertion"))
    return Step(
        kind=kind,
        name=element.get("name", ""),
        line=element.sourceline or 1,
        settings=_leaves(config),
        script=next((_text(each) for each in element.iter("{*}script", "script")), ""),
        properties=_properties(config),
        transfers=tuple(_leaves(each) for each in config.iterfind("{*}transfers")),
        endpoint=_text(own, "endpoint"),
        body=_text(request, "request") if request is not None else "",
        headers=dict(_headers(own)),
        assertions=tuple(_assertion(each) for each in assertions if not _is_idle(each)),
        besides=tuple(_besides(own)),
        idle=sum(map(_is_idle, assertions)),
    )


def _besides(request: etree._Element) -> Iterator[str]:
    if request.find("{*}attachment") is not None:
        yield "attachments"
    if request.get("outgoingWss"):
        yield "WS-Security"
    if (request.findtext("{*}credentials/{*}username") or "").strip():
        yield "a user name and a password"


def _headers(request: etree._Element | None) -> Iterator[tuple[str, str]]:
    for setting in request.iterfind("{*}settings/{*}setting") if request is not None else ():
        if setting.get("id") == _HEADERS:
            for key, value, other, name in _ENTRY.findall(setting.text or ""):
                yield _plain(key or name), _plain(value or other)


def _plain(text: str) -> str:
    return text.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _assertion(element: etree._Element) -> Assertion:
    config = element.find("{*}configuration")
    settings = _leaves(config)
    script = settings.get("scriptText", "")
    return Assertion(element.get("type", ""), element.get("name", ""), settings, script, element.sourceline or 1)


def _mock(element: etree._Element, service: etree._Element) -> Mock:
    answers = (
        Answer(each.get("name", ""), _status(each.get("httpResponseStatus", "")), _text(each, "responseContent"))
        for each in element.iterfind("{*}response")
    )
    return Mock(
        service=service.get("name", ""),
        interface=element.get("interface", ""),
        operation=element.get("operation", ""),
        default=_text(element, "defaultResponse"),
        script=_text(element, "dispatchPath"),
        answers=tuple(answers),
    )


def _status(written: str) -> int:
    return int(written) if re.fullmatch(r"[1-5]\d\d", written) else 200
