"""What is amiss in a release package, as a linter tells it: schemas, versions, files that nothing uses, rules that never fire.

Nothing here stops an installation. What keeps a contract from being used is an error of that contract; the others still work.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from lxml import etree

from rivta.contract import validators
from rivta.contract.declarations import Declared, names_in, outline_of, undeclared
from rivta.contract.packages.description import candidates, descriptions
from rivta.contract.packages.layout import Operation, Package, PackageFinding, files, finding_of
from rivta.contract.rules import compile_rules
from rivta.contract.rules.compiler import NAMESPACE, Document, children, concrete_patterns, read_document
from rivta.contract.schema import Schemas
from rivta.contract.wsdl import Wsdl
from rivta.model.errors import UsageError

_MINOR = re.compile(r"_(\d+)\.(\d+)")
_XML = (".wsdl", ".xsd", ".sch", ".xml")
_TEXT = (*_XML, ".txt", ".md", ".csv", ".properties", ".yaml", ".json")
_DECLARED = re.compile(rb'^\s*<\?xml[^>]*encoding\s*=\s*["\']([A-Za-z0-9._-]+)')
_RULES = f"{{{NAMESPACE}}}schema"
_PACKED = (".zip", ".jar", ".7z", ".rar", ".gz")
Facts = tuple[str, str, str, str, str | None]
"""SOAPAction, operation, both body elements and the header's element."""


def examine(
    package: Package, progress: Callable[[str], None] = lambda _: None
) -> tuple[list[Operation], list[PackageFinding]]:
    """The contracts that can be used, and every finding. `progress` is told which contract is looked at."""
    usable: list[Operation] = []
    found: list[PackageFinding] = []
    for operation in package.operations:
        progress(f"{operation.name} {operation.version}")
        uncompilable = list(_uncompilable(operation, package))
        if not uncompilable:
            usable.append(operation)
        found += [*uncompilable, *_of_contract(operation, package)]
    progress("rules and other files")
    rest = chain(
        _unreached(package), _encodings(package), rule_findings(package), _left_packed(package), _described(package)
    )
    return usable, list(dict.fromkeys([*found, *rest]))


def _uncompilable(operation: Operation, package: Package) -> Iterator[PackageFinding]:
    trials = (lambda: Schemas(operation.wsdl), lambda: validators.compiled(operation.wsdl.schemas))
    for trial in trials:
        try:
            trial()
        except UsageError as mistake:
            yield finding_of(mistake, operation.wsdl.path, package.root)


def _of_contract(operation: Operation, package: Package) -> Iterator[PackageFinding]:
    wsdl = operation.wsdl
    place = package.place(wsdl.path)
    for repair in wsdl.schemas.repairs:
        yield PackageFinding("warning", package.place(repair.path), repair.text.en)
    yield from _minor_versions(operation, package)
    if (wsdl.style, wsdl.use) != ("document", "literal"):
        yield PackageFinding(
            "warning",
            place,
            f"its binding is {wsdl.style}/{wsdl.use}, not document/literal (RIV-TA Basic Profile, rule 7)",
        )
    if wsdl.header_element is None:
        yield PackageFinding("warning", place, "its binding declares no header, so no logical address can be sent")
    yield from _second_reading(wsdl, place)


def _minor_versions(operation: Operation, package: Package) -> Iterator[PackageFinding]:
    """A WSDL and the schema that it takes its messages from should be of one minor version."""
    mine = _MINOR.search(operation.wsdl.path.name)
    for path in operation.wsdl.schemas.files:
        other = _MINOR.search(path.name)
        if mine and other and "Responder" in path.name and mine.group() != other.group():
            text = f"it is version {mine[1]}.{mine[2]}, and takes its messages from {path.name}"
            yield PackageFinding("warning", package.place(operation.wsdl.path), text)


def _second_reading(wsdl: Wsdl, place: str) -> Iterator[PackageFinding]:
    """Where zeep, which many clients are built with, reads another contract from the same file."""
    ours: Facts = (wsdl.soap_action, wsdl.operation, wsdl.request_root, wsdl.response_root, wsdl.header_element)
    try:
        theirs = _read_by_zeep(wsdl.path)
    except Exception as error:  # noqa: BLE001 - a library may raise anything over a stranger's file; the finding says what
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        yield PackageFinding("warning", place, f"zeep cannot read it: {reason}")
        return
    names = ("SOAPAction", "operation", "request", "response", "header")
    for name, mine, other in zip(names, ours, theirs, strict=True):
        if mine != other:
            yield PackageFinding("warning", place, f"zeep reads another {name} from it: {other}, and not {mine}")


def _read_by_zeep(path: Path) -> Facts:
    import zeep  # noqa: PLC0415 - 0.3 s at import, which only an installation pays

    transport = zeep.Transport()  # type: ignore[no-untyped-call]  # zeep ships no types
    transport.session.adapters.clear()  # nothing is ever fetched for a package
    wsdl = zeep.Client(str(path), transport=transport).wsdl  # type: ignore[no-untyped-call]
    (binding,) = wsdl.bindings.values()
    ((name, operation),) = binding.all().items()  # type: ignore[no-untyped-call]
    header = operation.input.header.type.elements if operation.input.header else []
    body = (operation.input.body.qname.text, operation.output.body.qname.text)
    return operation.soapaction, name, *body, header[0][1].qname.text if header else None


def _unreached(package: Package) -> Iterator[PackageFinding]:
    """Schemas that no WSDL leads to: an extension that nobody imports is no part of any contract."""
    reached = {path for operation in package.operations for path in operation.wsdl.schemas.files}
    for path in files(package.root, ".xsd"):
        if path.resolve() not in reached:
            yield PackageFinding("note", package.place(path), "no WSDL leads to it, so no message is held against it")


def _encodings(package: Package) -> Iterator[PackageFinding]:
    for path in files(package.root, *_TEXT):
        content = path.read_bytes()
        declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
        encoding = declared[1].decode() if declared else "UTF-8"
        if encoding.upper() not in ("UTF-8", "US-ASCII", "ASCII"):
            yield PackageFinding("note", package.place(path), f"its text is in {encoding}, not UTF-8")
        yield from _undecodable(package.place(path), content, encoding)
        if path.suffix in _XML:
            yield from _no_xml(package.place(path), content)


def _undecodable(place: str, content: bytes, encoding: str) -> Iterator[PackageFinding]:
    try:
        content.decode(encoding)
    except LookupError:
        yield PackageFinding("warning", place, f"there is no encoding {encoding}")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        yield PackageFinding(
            "warning", place, f"it is not {encoding}, which it says or must be: byte {content[error.start]:#04x}", line
        )


def _no_xml(place: str, content: bytes) -> Iterator[PackageFinding]:
    try:
        etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        yield PackageFinding("warning", place, f"it is no well-formed XML: {error.msg}", error.lineno)


def _described(package: Package) -> Iterator[PackageFinding]:
    """The contract descriptions: how much they demand, or why they cannot be read."""
    messages = {each.name: outline_of(each.wsdl.path, each.wsdl.schemas.digest) for each in package.operations}
    for path in descriptions([package.root]):
        try:
            found = candidates(path, messages)
        except UsageError as mistake:
            yield PackageFinding("warning", package.place(path), mistake.what)
            continue
        text = f"{len(found)} statements bind somebody; rivta lint lists those that no requirement cites"
        yield PackageFinding("note", package.place(path), text)


def _left_packed(package: Package) -> Iterator[PackageFinding]:
    for path in files(package.root, *_PACKED):
        yield PackageFinding("note", package.place(path), "an archive within the package is not opened")


# Its rules: those that do not compile, and those that can never fire since the schema has no such names


def rule_files(root: Path) -> Iterator[Path]:
    """The ISO Schematron files in a folder, whatever they are called."""
    return (path for path in files(root, ".sch", ".xml") if _root_of(path) == _RULES)


def rule_findings(package: Package) -> Iterator[PackageFinding]:
    """What is wrong with each of its rule files."""
    documents = (each for operation in package.operations for each in operation.wsdl.schemas.documents.values())
    known = names_in(dict.fromkeys(documents))
    for path in rule_files(package.root):
        try:
            compile_rules(path)
            document = read_document(path)
        except UsageError as mistake:
            yield finding_of(mistake, path, package.root)
            continue
        place = package.place(path)
        yield from _twice(document, place)
        yield from _never(document, place, known)


def _root_of(path: Path) -> str:
    with path.open("rb") as file, suppress(etree.XMLSyntaxError):
        for _, element in etree.iterparse(file, events=("start",), no_network=True, load_dtd=False):
            return str(element.tag)
    return ""


def _twice(document: Document, place: str) -> Iterator[PackageFinding]:
    """Two equal parameters in one pattern: the first is taken, whichever was meant."""
    for pattern in children(document.root, "pattern"):
        counted = Counter(each.get("name", "") for each in children(pattern, "param"))
        for name in (name for name, number in counted.items() if number > 1):
            text = f"the parameter {name} is given twice in one pattern; the first is taken"
            yield PackageFinding("warning", place, text, pattern.sourceline)


def _never(document: Document, place: str, known: Declared) -> Iterator[PackageFinding]:
    """Contexts and tests with a name that nothing in a message can have."""
    prefixes = {each.get("prefix", ""): each.get("uri", "") for each in children(document.root, "ns")}
    spaces = {namespace for namespace, _ in known}
    for pattern in concrete_patterns(document):
        for rule in children(pattern, "rule"):
            context = rule.get("context", "")
            if unknown := list(undeclared(context, prefixes, known)):
                text = f"the rule on {_short(context)} can never fire: {_told(unknown, spaces)}"
                yield PackageFinding("warning", place, text, rule.sourceline)
                continue
            for check in children(rule):
                if lacking := list(undeclared(check.get("test", ""), prefixes, known)):
                    text = f"the test {_short(check.get('test', ''))} looks for what cannot be there: {_told(lacking, spaces)}"
                    yield PackageFinding("warning", place, text, check.sourceline)


def _told(unknown: Iterable[tuple[str, str, str]], spaces: set[str]) -> str:
    return "; ".join(
        dict.fromkeys(
            f"no schema declares {name}" + ("" if namespace in spaces else f" (nor anything in {namespace})")
            for name, namespace, _ in unknown
        )
    )


def _short(xpath: str) -> str:
    text = " ".join(xpath.split())
    return text if len(text) <= 80 else f"{text[:77]}…"
