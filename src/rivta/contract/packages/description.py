"""What a contract description binds somebody to: every such sentence and every rule of a field, as a candidate for a requirement.

Read from the Word documents of a release package. The sentences belong to their authors: they are read where they lie, and a
requirement cites one by its id, which holds the section and a fingerprint of the words, and says it in words of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from rivta.contract.declarations import outline
from rivta.model.domain import Domain, ElementFacts
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Level
from rivta.text.word.package import read_package
from rivta.text.word.paragraphs import Numbering, Paragraph, WordTable, blocks, heading_styles, read_paragraphs

Messages = Mapping[str, Sequence[ElementFacts]]
"""Contract → what its messages may hold, as the schema has it."""

_BINDING: Final = (
    (Level.MUST, re.compile(r"\b(?:ska|skall|måste|krävs|obligatorisk\w*|får\b[^.]{0,40}?\b(?:inte|ej|aldrig|ing(?:en|et|a)|endast|enbart|bara))\b", re.IGNORECASE)),
    (Level.SHOULD, re.compile(r"\bbör\b", re.IGNORECASE)),
    (Level.MAY, re.compile(r"\b(?:kan|får)\b", re.IGNORECASE)),
)  # fmt: skip
_ENDS = re.compile(
    r"(?<=[.!?])(?<!\b[A-Za-zåäö]\.)(?<!ev\.|ex\.|ca\.|kl\.|nr\.)(?<!dvs\.|tex\.|osv\.|enl\.|jfr\.)(?<!resp\.|bl\.a\.)\s+(?=[A-ZÅÄÖ<”\"])"
)
"""Between two sentences, but not behind an abbreviation."""
_IS_DEMANDED = re.compile(
    r"(?:[\w./-]+\s+){0,4}(?:(?:ska|skall|måste)\s+(?:alltid\s+)?anges|är\s+obligatorisk\w*)\.?", re.IGNORECASE
)
"""Nothing but that a field must be there, which a schema says too."""
_OCCURS = re.compile(r"(\d+)\s*(?:\.\.|-|–)\s*(\d+|\*|n)")
_VERSION = re.compile(r"\b[Vv]ersion:?\s+(\d+(?:\.\d+)+)")
_TYPED_NUMBER = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(\S.*)")
_NAME = re.compile(r"((?:\.\./)*)(.*)")
"""An element, with as many steps before it as there are elements around it: ../../id."""
_SIDES = {"begäran": 0, "request": 0, "fråga": 0, "svar": 1, "response": 1}
_NO_RULES = ("datum", "författare", "länk", "förkortning")
"""Heads of the tables in which a document tells of itself."""
_SHORTEST, _LONGEST = 12, 4_000
"""Characters of a statement."""
_DIGITS, _TOLD = 6, 6


@frozen
class Candidate:
    """One thing that a description demands.

    `document` is its short name (TKB), `version` what it says it is of; `section` and `heading` are where it stands. `contract` is
    the contract of that section, empty in a common one. `field` is the element it is about: as the schema calls it if that is
    known, else as written. `rule` is what a table of rules calls it. `schema` is what the schema says otherwise, `is_carried`
    that it says the same.
    """

    document: str
    version: str
    section: str
    heading: str
    text: str
    level: Level
    contract: str = ""
    field: str = ""
    rule: str = ""
    schema: str = ""
    is_carried: bool = False

    @property
    def id(self) -> str:
        """What a requirement cites it by: document, section, and a fingerprint of the words."""
        return f"{self.document} {self.section} {self.fingerprint}"

    @property
    def fingerprint(self) -> str:
        words = " ".join(f"{_below(self.field)} {self.text}".casefold().split())
        return sha256(words.encode()).hexdigest()[:_DIGITS]

    @property
    def order(self) -> tuple[bool, bool, bool, int]:
        """Rules of fields that the schema does not carry first, above all where it says otherwise; then by how binding they are."""
        return not self.schema, self.is_carried, not (self.field or self.rule), list(Level).index(self.level)


def descriptions(folders: Iterable[Path]) -> list[Path]:
    """The Word documents that describe contracts, by their names (TKB…); another program's lock files are none."""
    found = (path for folder in folders for path in sorted(folder.rglob("*.docx")))
    named = (path for path in found if re.match(r"(?i)tkb|tj.nstekontraktsbeskrivning", path.name))
    return [path for path in named if path.is_file() and not path.is_symlink()]


def stated(domain: Domain) -> tuple[Candidate, ...]:
    """What the descriptions beside a domain, or in its package, demand; nothing where there is none."""
    messages = {each.name: outline(each) for each in domain.contracts.values()}
    return tuple(each for path in descriptions(domain.homes) for each in candidates(path, messages))


def not_taken_up(domain: Domain, every: Iterable[Candidate]) -> list[Candidate]:
    """Those that no requirement cites and that are not set aside; rules of fields that the schema does not carry first."""
    cited = {each for requirement in domain.requirements.values() for each in requirement.cites}
    left = (
        each for each in every if each.id not in cited and not any(_is_within(each, way) for way in domain.set_aside)
    )
    return sorted(left, key=lambda each: each.order)


def lost(domain: Domain, every: Sequence[Candidate]) -> Iterator[UsageError]:
    """What requirements cite and no description has: it was reworded, or has moved."""
    known = {each.id for each in every}
    for requirement in domain.requirements.values() if every else ():
        for cited in (each for each in requirement.cites if each not in known):
            section = cited.rpartition(" ")[0]
            beside = [each for each in known if each.rpartition(" ")[0] == section]
            todo = f"that section has {', '.join(sorted(beside)[:_TOLD])}" if beside else did_you_mean(cited, known)
            what = (
                f"the contract description ({every[0].version}) has no statement {cited}, which {requirement.id} cites"
            )
            yield UsageError(what, source=requirement.source, todo=todo or "rivta lint --statements lists them all")


def _is_within(each: Candidate, way: str) -> bool:
    """Whether a statement is the one, or in the section, that is set aside."""
    return each.id == way or f"{each.document} {each.section}.".startswith(f"{way}.")


def candidates(path: Path, messages: Messages) -> tuple[Candidate, ...]:
    """What one description demands, in its order, each statement of a section once. UsageError where it is no Word document."""
    package = read_package(path)
    read = _Reading(path, messages)
    styles = heading_styles(package.styles)
    paragraphs = read_paragraphs(package.document, str(path))
    read.take(blocks(paragraphs), Numbering(styles))
    return tuple({(each.section, each.field, each.text): each for each in read.found}.values())


class _Reading:
    """A document on its way to candidates: where it is, and what was found."""

    def __init__(self, path: Path, messages: Messages) -> None:
        self.found: list[Candidate] = []
        self._messages = messages
        self._names = {name.casefold(): name for name in messages}
        self._above: list[str] = []
        self._led = ""
        self._at = Candidate("TKB" if path.name.casefold().startswith("tkb") else path.stem, "", "", "", "", Level.MAY)

    def take(self, parts: Iterable[Paragraph | WordTable], numbering: Numbering) -> None:
        for part in parts:
            if isinstance(part, WordTable):
                self._table(part)
            elif (level := numbering.level(part)) is not None:
                self._heading(part.text.strip(), level, numbering.number(part, level))
            elif not self._at.section:
                version = _VERSION.search(part.text)
                self._at = replace(self._at, version=self._at.version or (version[1] if version else ""))
            else:
                self._paragraph(part)

    def _heading(self, title: str, level: int, number: str) -> None:
        typed = _TYPED_NUMBER.fullmatch(title)
        if typed and not number:
            number, title = typed.groups()
        self._above = [*self._above[: level - 1], *[""] * (level - 1 - len(self._above)), title]
        named = (self._names.get(each.partition(" ")[0].casefold(), "") for each in reversed(self._above) if each)
        contract = next(filter(None, named), "")
        self._at = replace(
            self._at, section=number or self._at.section, heading=" ".join(title.split()), contract=contract
        )
        self._led = ""

    def _paragraph(self, paragraph: Paragraph) -> None:
        """Its sentences. The items of a list belong to what leads to it: “The producer must:”."""
        text = paragraph.text.strip()
        if self._led and paragraph.level is not None:
            self._add(f"{self._led} {text}")
            return
        self._led = text if text.endswith(":") and _level_of(text) else ""
        self._sentences(text)

    def _sentences(self, text: str, *, field: str = "", rule: str = "") -> int:
        """How many of its sentences bind somebody."""
        return sum(self._add(each, field=field, rule=rule) for line in text.split("\n") for each in _ENDS.split(line))

    def _add(self, text: str, *, least: Level | None = None, field: str = "", rule: str = "", schema: str = "") -> bool:
        words = " ".join(text.split())
        level = _level_of(words) or least
        if level is None or not _SHORTEST <= len(words) <= _LONGEST or words == self._led:
            return False
        self.found.append(replace(self._at, text=words, level=level, field=field, rule=rule, schema=schema))
        return True

    def _table(self, table: WordTable) -> None:
        heads = [re.sub(r"[-\s]", "", cell).casefold() for cell in table.rows[0]] if table.rows else []
        if not self._at.section or any(head.startswith(_NO_RULES) for head in heads):
            return
        occurs = next(
            (n for n, head in enumerate(heads) if head.startswith(("kardinalitet", "mult", "förekomst"))), None
        )
        rules = next((n for n, head in enumerate(heads) if head in ("regel", "krav")), None)
        if rules is None and heads[:1] == ["id"] and "beskrivning" in heads:
            rules = heads.index("beskrivning")
        if occurs is not None:
            self._fields(table.rows[1:], occurs)
        elif rules is not None:
            self._rules(table.rows[1:], rules, [n for n, head in enumerate(heads) if head in ("element", "kontext")])
        else:
            for row in table.rows:
                for cell in row:
                    self._sentences(cell)

    def _rules(self, rows: Iterable[tuple[str, ...]], column: int, elements: Sequence[int]) -> None:
        """Each row binds, whatever its words: as its sentences say, else as a whole."""
        for row in rows:
            if len(row) > column and row[column]:
                field = " ".join(" ".join(row[n] for n in elements if n < len(row)).split())
                rule = " ".join(row[0].split())
                if not self._sentences(row[column], field=field, rule=rule):
                    self._add(row[column], least=Level.MUST, field=field, rule=rule)

    def _fields(self, rows: Iterable[tuple[str, ...]], column: int) -> None:
        """A message's elements, or those of a type: what is said of each, and how often it may be there if the schema differs."""
        facts = self._messages.get(self._at.contract, ())
        roots = [each for each in facts if "/" not in each.path]
        known = {each.path.replace("/@", "/"): each for each in facts}
        way = [self._root(self._at.heading, roots) or self._at.heading.partition(" ")[0]]
        for row in rows:
            if not any(row[1:]) and (root := self._root(row[0], roots)):
                way = [root]
                continue
            up, below = _NAME.fullmatch("".join(row[0].split())).groups()  # type: ignore[union-attr]  # it takes any text
            if not below:
                continue
            way = [*way[: 1 + up.count("..")], *re.split(r"[./]+", below)]
            path = "/".join(way)
            fact = known.get(path)
            before = len(self.found)
            for n, cell in enumerate(row[1:], 1):
                if n != column:
                    self._sentences(cell, field=path)
            self.found[before:] = [replace(each, is_carried=_carries(fact, each.text)) for each in self.found[before:]]
            if roots and way[0] in {each.path for each in roots} and len(row) > column:
                self._occurs(path, row[column][:_LONGEST], fact)

    def _root(self, said: str, roots: Sequence[ElementFacts]) -> str:
        """The root of the message that a row or a heading says that the fields below are of."""
        side = _SIDES.get(said.strip(" :").casefold())
        return roots[side].path if side is not None and side < len(roots) else ""

    def _occurs(self, path: str, said: str, fact: ElementFacts | None) -> None:
        occurs = _OCCURS.search(said)
        if occurs and fact is None:
            self._add(
                f"{_below(path)} {occurs[0]}", least=Level.MUST, field=path, schema="the schema has no such element"
            )
        elif occurs and fact and (int(occurs[1]), occurs[2]) != (fact.least, str(fact.most or "*")):
            has = f"the schema says {fact.least}..{fact.most or '*'}"
            self._add(f"{_below(path)} {occurs[0]}", least=Level.MUST, field=path, schema=has)


def _below(path: str) -> str:
    """The way to a field without the message that it is in, which no schema is needed for."""
    return path.partition("/")[2]


def _level_of(text: str) -> Level | None:
    return next((level for level, words in _BINDING if words.search(text)), None)


def _carries(fact: ElementFacts | None, text: str) -> bool:
    return fact is not None and fact.least > 0 and _IS_DEMANDED.fullmatch(text) is not None
