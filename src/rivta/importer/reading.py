"""A SoapUI project as its file has it, read without trust. Nothing in it is executed, and no path in it is followed.

The format is SoapUI's own (`con:soapui-project`); versions 1 to 5 of SoapUI, and what ReadyAPI writes, differ in nothing that is read.
"""

import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lxml import etree

from rivta.importer.project import (
    Assertion,
    Interface,
    Mock,
    MockResponse,
    Project,
    SoapUiCase,
    SoapUiEnvironment,
    SoapUiStep,
    is_own,
)
from rivta.model.errors import UsageError
from rivta.model.words import Source
from rivta.text import identity
from rivta.text.files import contents
from rivta.text.xml import LIMIT_BYTES, parse

_CONFIG = "http://eviware.com/soapui/config"
_SETTING = "com.eviware.soapui.impl.wsdl.WsdlRequest@"
_SCRIPTS = ("afterLoadScript", "beforeSaveScript", "beforeRunScript", "afterRunScript", "eventHandlers")


def read(path: Path, limit: int = LIMIT_BYTES) -> Project:
    """The project in a file, or in the folder of a composite one, of at most `limit` bytes.

    UsageError for what is larger, encrypted or no project; Unreadable for a document type declaration.
    """
    root = _root(path, limit)
    suites = root.findall("{*}testSuite")
    interfaces = {each.get("id", ""): each.get("name", "") for each in root.iterfind("{*}interface") if each.get("id")}
    scripts = (name for name in _SCRIPTS for each in root.iterfind(f"{{*}}{name}") if "".join(each.itertext()).strip())
    return Project(
        path=path,
        name=root.get("name", path.stem),
        version=root.get("soapui-version", ""),
        properties=_properties(root),
        interfaces=tuple(_interface(each) for each in root.iterfind("{*}interface")),
        cases=tuple(_case(each, suite) for suite in suites for each in suite.iterfind("{*}testCase")),
        mocks=tuple(_mock(each) for each in root.iterfind("{*}mockService/{*}mockOperation")),
        environments=tuple(_environment(each, interfaces) for each in root.iterfind("{*}environment")),
        scripts=tuple(scripts),
        mask=identity.Mask(sha256(etree.tostring(root)).digest(), ()),
    )


def _root(path: Path, limit: int) -> etree._Element:
    """All of the project, if it is one that can be read."""
    if path.is_dir() and not (path / "settings.xml").is_file():
        todo = "name the project's file, or the folder of a composite project"
        raise UsageError(f"the folder {path} is no composite project: it has no settings.xml", todo=todo)
    root = _Files(path, limit).whole(path)
    name = etree.QName(root).localname
    if name != "soapui-project":
        raise UsageError(f"{path} is no SoapUI project: its root is {name}", source=Source(str(path)))
    if (root.findtext("{*}encryptedContent") or "").strip():
        todo = "open it in SoapUI, clear its password (Project, Shadow Password) and save it"
        raise UsageError(f"{path} is encrypted, and nothing can be read of it", source=Source(str(path)), todo=todo)
    return root


@dataclass(slots=True)
class _Files:
    """The files of a project: `size` is how many bytes they have so far, of at most `limit`."""

    project: Path
    limit: int
    size: int = 0

    def whole(self, path: Path, levels: int = 3) -> etree._Element:
        """What is in a file; of a composite project's folder its settings with its other files and folders put in."""
        if not path.is_dir():
            return self._root(path)
        root = self._root(path / "settings.xml")
        for each in sorted(path.iterdir(), key=_order(path)):
            is_file = each.suffix == ".xml" and each.name != "settings.xml" and is_own(each)
            if levels and (is_file or (is_own(each / "settings.xml") and not each.is_symlink())):
                root.append(self.whole(each, levels - 1))
        return root

    def _root(self, path: Path) -> etree._Element:
        self._count(path.stat().st_size)
        root = parse(contents(path, self.limit), path=str(path), is_message=False)
        for each in root.iter(etree.Element):
            if each.get("compression") == "gzip":
                self._unpack(each)
        return root

    def _unpack(self, element: etree._Element) -> None:
        """Put in what SoapUI has packed, since it was long (CompressedStringSupport); what is not packed after all stays."""
        with suppress(ValueError, zlib.error):
            text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(b64decode(element.text or ""), self.limit)
            self._count(len(text))
            element.text = text.decode("utf-8", "replace")

    def _count(self, more: int) -> None:
        self.size += more
        if self.size > self.limit:
            todo = "remove interfaces and stored responses that nothing uses, and save it again"
            raise UsageError(f"{self.project} is {self.size} bytes, over the {self.limit} that are read", todo=todo)


def _order(folder: Path) -> Callable[[Path], tuple[int, str]]:
    """The place of a part: as element.order names it, else after all others by its name."""
    file = folder / "element.order"
    named = contents(file).decode("utf-8", "replace").split("\n") if is_own(file) else []
    places = {line.strip().removesuffix(".xml"): number for number, line in enumerate(named)}
    return lambda path: (places.get(path.name.removesuffix(".xml"), len(places)), path.name)


def _text(element: etree._Element | None, name: str = "") -> str:
    """The text of an element, or of its child of that name; a carriage return that SoapUI wrote as two letters is gone."""
    found = element.find(f"{{*}}{name}") if element is not None and name else element
    text = (found.text or "") if found is not None else ""
    return re.sub(r"(?<!\\r)(?<!\r)(?:\\r|\r)++(?=\n|$)", "", text)


def _entries(kept: str) -> Iterator[etree._Element]:
    """The entries of a list that SoapUI keeps as XML in a text."""
    if kept.strip():
        whole = f'<list xmlns:con="{_CONFIG}">{kept}</list>'
        yield from parse(whole.encode(), path="a list in the project", is_message=False).iter("{*}entry")


def _properties(owner: etree._Element) -> dict[str, str]:
    """Those of an owner; an environment has them without a list around them."""
    every = (*owner.iterfind("{*}properties/{*}property"), *owner.iterfind("{*}property[{*}name]"))
    return {_text(each, "name"): _text(each, "value") for each in every}


def _leaves(config: etree._Element | None) -> dict[str, str]:
    """The first text of each name below a configuration."""
    leaves: dict[str, str] = {}
    for each in config.iterdescendants(etree.Element) if config is not None else ():
        if not len(each):
            leaves.setdefault(etree.QName(each).localname, _text(each))
    return leaves


def _interface(element: etree._Element) -> Interface:
    cache = element.find("{*}definitionCache")
    parts = cache.iterfind("{*}part") if cache is not None else ()
    kind = next((value for name, value in element.attrib.items() if str(name).endswith("}type")), "")
    return Interface(
        name=element.get("name", ""),
        is_soap="Wsdl" in str(kind) or not {"soapVersion", "bindingName"}.isdisjoint(map(str, element.attrib)),
        definition=element.get("definition", ""),
        operations={each.get("name", ""): each.get("action", "") for each in element.iterfind("{*}operation")},
        documents={_text(each, "url"): _text(each, "content") for each in parts},
        root=cache.get("rootPart", "") if cache is not None else "",
    )


def _environment(element: etree._Element, interfaces: Mapping[str, str]) -> SoapUiEnvironment:
    """`interfaces` are their names by id, which a service may know one by."""
    endpoints = {
        interfaces.get(_text(each, "interfaceId")) or each.get("name") or _text(each, "name"): _text(each, "endpoint")
        for each in element.iter("{*}service")
    }
    return SoapUiEnvironment(element.get("name", ""), endpoints, _properties(element))


def _case(element: etree._Element, suite: etree._Element) -> SoapUiCase:
    owners = {"the suite": suite, "the case": element}
    before = (_scripted(owner, name) for name, owner in owners.items() if _text(owner, "setupScript").strip())
    steps = element.findall("{*}testStep")
    return SoapUiCase(
        id=element.get("id", ""),
        name=element.get("name", ""),
        suite=suite.get("name", ""),
        is_disabled="true" in (element.get("disabled"), suite.get("disabled")),
        steps=(*before, *(_step(each) for each in steps if not _is_idle(each))),
        properties=_properties(element),
        inherited=_properties(suite),
        loads=tuple(_load(each) for each in element.iterfind("{*}loadTest")),
        notes=tuple(_unread(element, owners)),
        line=element.sourceline or 1,
    )


def _unread(case: etree._Element, owners: Mapping[str, etree._Element]) -> Iterator[str]:
    for step in case.iterfind("{*}testStep"):
        name, idle = step.get("name", ""), sum(map(_is_idle, step.iter("{*}assertion")))
        if _is_idle(step):
            yield f"{name}: is disabled there"
        elif idle:
            yield f"{name}: {idle} of its assertions are disabled there"
    for name, owner in owners.items():
        if _text(owner, "tearDownScript").strip():
            yield f"the script of {name} that tears down is not carried"


def _scripted(owner: etree._Element, name: str) -> SoapUiStep:
    return SoapUiStep("groovy", f"setup script of {name}", owner.sourceline or 1, {}, _text(owner, "setupScript"))


_LOAD = "threadCount testLimit limitType testDelay randomFactor variance interval startThreadCount endThreadCount"


def _load(element: etree._Element) -> dict[str, str]:
    """What a load test says of itself: threads, how it is limited, its strategy, what it asserts."""
    leaves = {name: text for name, text in _leaves(element).items() if name in _LOAD.split()}
    asserted = ", ".join(each.get("type", "") for each in element.iterfind("{*}assertion"))
    strategy = element.findtext("{*}loadStrategy/{*}type", "")
    return {"name": element.get("name", ""), "strategy": strategy, "asserts": asserted} | leaves


def _is_idle(element: etree._Element) -> bool:
    return element.get("disabled") == "true"


def _step(element: etree._Element) -> SoapUiStep:
    kind, config = element.get("type", ""), element.find("{*}config")
    if config is None:
        return SoapUiStep(kind, element.get("name", ""), element.sourceline or 1, {})
    request = config.find("{*}request")
    own = request if kind == "request" and request is not None else config
    settings = own.iterfind("{*}settings/{*}setting")
    kept = {each.get("id", "").removeprefix(_SETTING): each.text or "" for each in settings}
    return SoapUiStep(
        kind=kind,
        name=element.get("name", ""),
        line=element.sourceline or 1,
        settings={"description": _text(element, "description")} | _leaves(config),
        script=next((_text(each) for each in element.iter("{*}script")), ""),
        properties=_properties(config),
        parts=tuple(
            {**dict(each.attrib), **_leaves(each)}
            for each in config.iterchildren("{*}transfers", "{*}condition")
            if not _is_idle(each)
        ),
        source=next((each.get("type", "") for each in config.iterfind("{*}dataSource")), ""),
        columns=tuple(_text(each) for each in config.iterfind("{*}property")),
        rows=tuple(tuple(map(_text, _entries(each.text or ""))) for each in config.iter("{*}row")),
        endpoint=_text(own, "endpoint"),
        body=_text(own, "request"),
        headers={each.get("key", ""): each.get("value", "") for each in _entries(kept.get("request-headers", ""))},
        assertions=tuple(_assertion(each) for each in own.iter("{*}assertion") if not _is_idle(each)),
        besides=tuple(_besides(own)),
        drops_empty=kept.get("remove_empty_content") == "true",
    )


def _besides(request: etree._Element) -> Iterator[str]:
    if request.find("{*}attachment") is not None:
        yield "attachments"
    if request.get("outgoingWss"):
        yield "WS-Security"
    if request.get("useWsAddressing") == "true":
        yield "WS-Addressing"
    if (request.findtext("{*}credentials/{*}username") or "").strip():
        yield "a user name and a password"


def _assertion(element: etree._Element) -> Assertion:
    config = element.find("{*}configuration")
    settings = _leaves(config)
    script = settings.get("scriptText", "")
    return Assertion(element.get("type", ""), element.get("name", ""), settings, script, element.sourceline or 1)


def _mock(element: etree._Element) -> Mock:
    answers = (
        MockResponse(each.get("name", ""), _status(each.get("httpResponseStatus", "")), _text(each, "responseContent"))
        for each in element.iterfind("{*}response")
    )
    return Mock(
        interface=element.get("interface", ""),
        operation=element.get("operation", ""),
        default=_text(element, "defaultResponse"),
        script=_text(element, "dispatchPath"),
        answers=tuple(answers),
    )


def _status(written: str) -> int:
    return int(written) if re.fullmatch(r"[1-5]\d\d", written) else 200
