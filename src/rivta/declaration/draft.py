"""Writes the vendor's file: each question that the vendor must answer, with its help as comments, asked once for all forms.

An existing file is never written anew. What it lacks is added at the end of its blocks, and every line that stands there
stays as it is.
"""

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import yaml

from rivta.declaration.answers import CONFIRMATION, value_in_words
from rivta.model.declaration import FilledForm, FilledQuestion, Question, Section
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Lang
from rivta.text.catalogue import words
from rivta.text.yaml.compose import compose
from rivta.text.yaml.tree import YamlMap, YamlScalar

Asked = Iterable[tuple[Section, FilledQuestion]]
Blocks = Mapping[str, tuple[str, ...]]
"""The lines of each key of a map, the comments above it first; indented by two."""
_WIDTH = 100


@frozen
class VendorFile:
    """What a vendor's file should hold: its first lines, and its two maps key by key."""

    head: tuple[str, ...]
    vendor: Blocks
    answers: Blocks

    def text(self) -> str:
        return "\n".join(chain(self.head, *self.vendor.values(), ("", "answers:"), *self.answers.values())) + "\n"

    def added_to(self, written: str, shown: str) -> str:
        """The file that was written, with the keys that it lacks. UsageError if its maps are not written as blocks."""
        for name, blocks in (("answers", self.answers), ("vendor", self.vendor)):
            written = "\n".join(_added(written.splitlines(), compose(written, shown), name, blocks)) + "\n"
        return written


def of(forms: Iterable[FilledForm], asked: Asked, lang: Lang = "sv") -> VendorFile:
    """The file that asks what `asked` holds, for the forms' domain and roles. What a run says of the vendor's product is written in."""
    forms, said = list(forms), words("declaration", lang)
    domain = next((each.form.domain for each in forms), "")
    roles = dict.fromkeys(_quoted(each.form.role) for each in forms)
    head = (
        *_comment(said["draft_head"], ""),
        f"domain: {_quoted(domain)}",
        f"roles: [{', '.join(roles)}]",
        "",
        *_comment(said["draft_vendor"], ""),
        "vendor:",
    )
    return VendorFile(head, dict(_facts(forms, lang)), _questions(asked, lang))


def _facts(forms: Iterable[FilledForm], lang: Lang) -> Iterator[tuple[str, tuple[str, ...]]]:
    asked: dict[str, FilledQuestion] = {}
    for filled in (each for form in forms for _, questions in form.sections for each in questions):
        if _is_fact(filled.question):
            asked.setdefault(filled.question.fact, filled)
    for name, filled in asked.items():
        yield name, _fact(name, _asking(filled.question, lang), filled.proposal.value if filled.proposal else "")
    for name in CONFIRMATION:
        yield name, _fact(name, words("declaration", lang)[name], "")


def _is_fact(question: Question) -> bool:
    """Whether it is answered by a fact about the vendor, and so is asked among those."""
    return question.origin == "vendor" and bool(question.fact)


def _fact(name: str, comment: str, value: str) -> tuple[str, ...]:
    return (*_comment(comment), f"  {name}: {_quoted(value)}" if value else f"  {name}:")


def _questions(asked: Asked, lang: Lang) -> Blocks:
    blocks: dict[str, tuple[str, ...]] = {}
    heading = ""
    for section, filled in asked:
        question = filled.question
        if question.id in blocks or _is_fact(question):
            continue
        above = ("", f"  # ——— {section.number} {section.title.in_(lang)} ———") if section.number != heading else ()
        heading = section.number
        blocks[question.id] = (*above, *_question(filled, lang))
    return blocks


def _question(filled: FilledQuestion, lang: Lang) -> Iterator[str]:
    question, say = filled.question, words("declaration", lang).say
    yield from _comment(_asking(question, lang))
    if question.help:
        yield from _comment(say("draft_help", help=question.help.in_(lang)))
    if filled.proposal:
        shown = value_in_words(filled.proposal.value).in_(lang)
        because = f" ({', '.join(filled.proposal.because[:5])})" if filled.proposal.because else ""
        yield from _comment(say("draft_shown", shown=shown, because=because))
    elif filled.why and question.origin != "vendor":
        yield from _comment(say("draft_unshown", why=filled.why.in_(lang)))
    if question.confirm:
        yield from _comment(say("draft_confirm" if _has_evidence(filled) else "draft_named"))
    yield f"  {question.id}:"
    yield from (f"    {key}:" for key in _keys(filled))


def _asking(question: Question, lang: Lang) -> str:
    wanted = words("declaration", lang)[f"wanted_{question.answer.replace('-', '_')}"]
    if question.choices:
        wanted += ": " + "; ".join(each.in_(lang) for each in question.choices)
    references = f" [{', '.join(question.tf)}]" if question.tf else ""
    return f"{question.text.in_(lang)} ({wanted}){references}"


def _keys(filled: FilledQuestion) -> Iterator[str]:
    """What the question calls for."""
    question, has_evidence = filled.question, _has_evidence(filled)
    yield "value"
    if question.confirm and has_evidence:
        yield "confirmed"
    if question.answer == "yes-no":
        yield "comment"
    if question.confirm or has_evidence:
        yield "by"
    if has_evidence:
        yield "reason"


def _has_evidence(filled: FilledQuestion) -> bool:
    """Whether a run may say something of it, so that there is something to confirm or to differ from."""
    question = filled.question
    return question.origin != "vendor" or filled.proposal is not None or bool(question.requirements or question.cases)


def _quoted(value: str) -> str:
    """A YAML scalar, in quotes unless it is a plain word."""
    if re.fullmatch(r"[A-Za-zÅÄÖåäö][A-Za-z0-9ÅÄÖåäö._-]*", value) and value.casefold() != "null":
        return value
    return yaml.dump(value, default_style='"', allow_unicode=True, width=math.inf).strip()


def _comment(text: str, indent: str = "  ") -> list[str]:
    start = f"{indent}# "
    return textwrap.wrap(text, _WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)


def _added(lines: list[str], tree: object, name: str, blocks: Blocks) -> list[str]:
    """The lines with the missing keys of one map put after its last one, in its own indentation."""
    top = tree if isinstance(tree, YamlMap) else None
    node = top.get(name) if top else None
    there = {key.text for key, _ in node.entries} if isinstance(node, YamlMap) else set()
    missing = [line for key, block in blocks.items() if key not in there for line in block]
    if top is None or not missing:
        return lines
    if node is None:
        return [*lines, "", f"{name}:", *missing]
    line, indent = next(key.line for key, _ in top.entries if key.text == name), 2
    if isinstance(node, YamlMap) and node.entries:
        indent = node.column - 1
        if node.line == line:
            todo = "write each of its keys on a line of its own"
            what = f"“{name}” is written on one line; nothing can be added to it"
            raise UsageError(what, source=node.source, todo=todo)
    end = _end(lines, top, line)
    return [*lines[:end], *(" " * (indent - 2) + each[max(0, 2 - indent) :] for each in missing), *lines[end:]]


def _end(lines: list[str], top: YamlMap, line: int) -> int:
    """The index after the last line of the top-level map that begins there: before the next key, and the comments above that."""
    after = [key.line for key, _ in top.entries if isinstance(key, YamlScalar) and key.line > line]
    end = min(after) - 1 if after else len(lines)
    while end > 0 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end
