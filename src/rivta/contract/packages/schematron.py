"""The rules of a package: those that do not compile, and those that can never fire since the schema has no such names."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from lxml import etree

from rivta.contract.names import Declared, names_in, undeclared
from rivta.contract.packages.layout import Package, PackageFinding, files, finding_of
from rivta.contract.rules import compile_rules
from rivta.contract.rules.compiler import NAMESPACE, Document, children, concrete_patterns, read_document
from rivta.model.errors import UsageError

_ROOT = f"{{{NAMESPACE}}}schema"


def rule_files(root: Path) -> Iterator[Path]:
    """The ISO Schematron files in a folder, whatever they are called."""
    return (path for path in files(root, ".sch", ".xml") if _root_of(path) == _ROOT)


def rule_findings(package: Package) -> Iterator[PackageFinding]:
    """What is wrong with each of its rule files."""
    known = declared(package)
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


def declared(package: Package) -> Declared:
    """Every name that a message of one of the package's contracts may hold."""
    documents: dict[bytes, None] = {}
    for operation in package.operations:
        documents |= dict.fromkeys(operation.wsdl.schemas.documents.values())
    return names_in(documents)


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
