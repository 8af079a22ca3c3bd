"""The values that a project's texts name: SoapUI's `${…}` on every level as placeholders of ours, and where each of them has its value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from lxml import etree

from rivta.importer.data import Data
from rivta.importer.groovy import Unsupported
from rivta.importer.project import Project, SoapUiCase
from rivta.importer.scope import slug
from rivta.model.errors import UsageError
from rivta.text.xml import NAMESPACES

_EXPANSION = re.compile(r"\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_LEVELS = {"TestSuite": "suite", "TestCase": "case", "MockService": "mock"}
ANSWERS = ("Response", "ResponseAsXml", "response", "responseAsXml")
MESSAGES = (*ANSWERS, "Request", "RawRequest", "RawResponse")
"""Parts of a step that are no properties of it."""
_MADE = (
    (re.compile(r"UUID\.randomUUID\(\)"), "unique"),
    (re.compile(r"yyyyMMddHHmmss\b"), "now.timestamp"),
    (re.compile(r"[\"']yyyyMMdd[\"']"), "now.date"),
)
"""What `${=…}` computes and a run of ours has by a name."""
_DECLARED = re.compile(r"\s*declare\s+namespace\s+([\w.-]+)\s*=\s*['\"]([^'\"]*)['\"]\s*;?")
_PREFIXED = re.compile(r"""('[^']*'|"[^"]*")|(@?)\b[A-Za-z_][\w.-]*:(?!:)([A-Za-z_][\w.-]*)(?![\w.-]*\s*[(:])""")
"""A literal; or an element or attribute with a prefix, and what it is called."""
_PLACEHOLDER = re.compile(r"\$(\$?)\{([\w-]+)\}")
_DEEPEST, _MOST_FILLED = 5, 50_000_000
ALWAYS = ("unique", "seed", "logical-address")


@dataclass(slots=True)
class Spaces:
    """The prefixes of a suite's file."""

    prefixes: dict[str, str] = field(default_factory=dict)

    def xpath(self, written: str, also: Mapping[str, str] = {}) -> str:
        """An expression whose declarations stand before it, or in `also`, with prefixes of the file. Unsupported for what is no XPath 1.0."""
        declared = dict(also)
        while found := _DECLARED.match(written):
            declared[found[1]] = found[2]
            written = written[found.end() :]
        written = re.sub(r"\bexists\(", "boolean(", written.strip())
        for prefix, namespace in declared.items():
            ours = self._prefix(prefix, namespace) if re.search(rf"\b{re.escape(prefix)}:", written) else prefix
            if ours != prefix:
                written = re.sub(rf"(?<![\w.-]){re.escape(prefix)}:(?!:)", f"{ours}:", written)
        namespaces = {**NAMESPACES, **self.prefixes}
        try:
            etree.XPath(_PLACEHOLDER.sub("0", written), namespaces=namespaces)(etree.Element("none"))
        except etree.XPathSyntaxError:
            raise Unsupported("it is no XPath 1.0") from None
        except etree.XPathEvalError:
            raise Unsupported("it has a function that XPath 1.0 has not, or a prefix that nothing declares") from None
        return written

    def of_answer(self, written: str) -> str:
        """The same of a path into an answer: where it declares nothing SoapUI takes the prefixes of that answer (ResolverUtils), and local names do here."""
        if not _DECLARED.match(written):
            written = _PREFIXED.sub(lambda found: found[1] or f"{found[2]}*[local-name()='{found[3]}']", written)
        return self.xpath(written)

    def _prefix(self, prefix: str, namespace: str) -> str:
        taken = (name for name, known in self.prefixes.items() if known == namespace)
        ours = prefix if self.prefixes.get(prefix, namespace) == namespace else next(taken, "")
        number = 2
        while not ours or self.prefixes.get(ours, namespace) != namespace:
            ours, number = f"{prefix}{number}", number + 1
        self.prefixes[ours] = namespace
        return ours


@dataclass(slots=True)
class Values:
    """The values of one case, as far as it has been read: `case` are those of the case that is running, which may be another that it runs.

    `captured` are what texts take from an earlier answer: the step's name and the XPath, by our name.
    """

    project: Project
    data: Data
    owner: SoapUiCase
    case: Mapping[str, str] = field(default_factory=dict)
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    captured: dict[str, tuple[str, str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def text(self, written: str) -> str:
        """The text with placeholders of ours. Unsupported where a value is computed by a script."""
        return _literal(_EXPANSION.sub(lambda found: f"${{{self._name(found[1])}}}", written))

    def lenient(self, written: str) -> tuple[str, str]:
        """The same, and why a value in it could not be told: it is empty then."""
        try:
            return self.text(written), ""
        except Unsupported as unsupported:
            return _literal(_EXPANSION.sub(self._or_empty, written)), str(unsupported)

    def _or_empty(self, found: re.Match[str]) -> str:
        try:
            return f"${{{self._name(found[1])}}}"
        except Unsupported:
            return ""

    def _name(self, inside: str) -> str:
        if inside.startswith("="):
            made = next((name for shape, name in _MADE if shape.search(inside)), None)
            if made is None:
                raise Unsupported(f"a value that a script computes: {inside}")
            return made
        holder, _, rest = inside[1:].partition("#") if inside.startswith("#") else inside.partition("#")
        if not rest:
            return self.renamed.get(slug(holder), slug(holder))
        if inside.startswith("#"):
            return place(f"#{holder}#", rest)
        part, _, path = rest.partition("#")
        if part in MESSAGES:
            return self.taken(holder, part, path)
        return place(holder, rest)

    def taken(self, step: str, part: str, path: str, name: str = "") -> str:
        """The name of what a path finds in the answer of a step. Unsupported for another part of the step, and without a path."""
        if part not in ANSWERS or not path:
            raise Unsupported(f"it takes {part} of {step or 'no step'}{'' if path else ' as a whole'}")
        found = (step, self.filled(self.text(path)))
        known = next((each for each, where in self.captured.items() if where == found and not name), None)
        name = name or known or f"from_{slug(step)}_{len(self.captured) + 1}"
        self.captured[name] = found
        return name

    def filled(self, text: str, more: Mapping[str, str] = {}) -> str:
        """A text of ours with values put in, and theirs in them; `more` come first, and what has none is called by its name.

        UsageError where that never ends.
        """
        known, left = {**self.everywhere(), **self.known(), **more}, _MOST_FILLED

        @cache
        def read(name: str) -> str:
            return self.lenient(known.get(name, name))[0]

        def value(found: re.Match[str]) -> str:
            nonlocal left
            put = found[0] if found[1] else read(found[2])
            left -= len(put)
            if left < 0:
                what = f"with its values a text comes to more than {_MOST_FILLED} characters"
                raise UsageError(what, todo="look for a value that names others again and again")
            return put

        for _ in range(_DEEPEST):
            if "${" in text:
                text = _PLACEHOLDER.sub(value, text)
        return text.replace("$${", "${")

    def known(self) -> dict[str, str]:
        """The values that this case has by itself, as they are written."""
        found = dict(self.data.own.get(self.owner.name, {}))
        found |= {place("#TestSuite#", name): value for name, value in self.owner.inherited.items()}
        found |= {place("#TestCase#", name): value for name, value in self.case.items()}
        for step, properties in self.steps.items():
            found |= {place(step, name): value for name, value in properties.items()}
        return {slug(name): value for name, value in found.items()} | self.own

    def everywhere(self) -> dict[str, str]:
        """The values that every case has."""
        found = {slug(name): value for name, value in self.data.everywhere.items()}
        found |= {place("#Project#", name): value for name, value in self.project.properties.items()}
        environments = self.project.environments[:1]
        return found | {place("#Env#", name): value for each in environments for name, value in each.properties.items()}


def place(holder: str, name: str) -> str:
    """What a property of a step, or of a level such as `#TestCase#`, is called."""
    level = holder.removeprefix("#").removesuffix("#")
    return f"{_LEVELS.get(level, slug(level).lower()) if level != holder else slug(holder)}_{slug(name)}"


def _literal(text: str) -> str:
    """The text, where what only looks like the beginning of a placeholder stands for itself."""
    return re.sub(r"(?<!\$)\$\{(?![\w-]+(?:\.[\w-]+)*\})", "$${", text)


def named_in(texts: Iterable[str]) -> Iterator[str]:
    """The names that texts ask for, each once."""
    found = (each for text in texts for each in _PLACEHOLDER.finditer(text))
    yield from dict.fromkeys(each[2] for each in found if not each[1])
