"""Writes the vendor's file: each question that the vendor must answer, with its help as comments, asked once for all forms.

An existing file is never written anew. What it lacks is added at the end of its blocks, and every line that stands there
stays as it is.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator

from rivta.declaration.answers.reader import CONFIRMATION, value_in_words
from rivta.model.declaration import Answer, Answers, FilledForm, FilledQuestion, Question, Section
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Lang
from rivta.text.catalogue import words
from rivta.text.yaml.compose import compose
from rivta.text.yaml.tree import YamlMap, YamlScalar

Asked = Iterable[tuple[Section, FilledQuestion]]
_WIDTH = 100
_ESCAPED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")


@frozen
class _Block:
    """One key of a map, with the comments above it; indented by two."""

    key: str
    lines: tuple[str, ...]


@frozen
class VendorFile:
    """What a vendor's file should hold, key by key."""

    head: tuple[str, ...]
    vendor: tuple[_Block, ...]
    answers: tuple[_Block, ...]

    def text(self) -> str:
        lines = [*self.head, *_joined(self.vendor), "", "answers:", *_joined(self.answers)]
        return "\n".join(lines) + "\n"

    def added_to(self, written: str, shown: str) -> str:
        """The file that was written, with the keys that it lacks. UsageError if its maps are not written as blocks."""
        tree = compose(written, shown)
        lines = written.splitlines()
        for name, blocks in (("answers", self.answers), ("vendor", self.vendor)):
            lines = _added(lines, tree, name, blocks)
            tree = compose("\n".join(lines) + "\n", shown)
        return "\n".join(lines) + "\n"


def draft(forms: Iterable[FilledForm], asked: Asked, lang: Lang = "sv", answers: Answers | None = None) -> VendorFile:
    """The file that asks what `asked` holds, for the forms' domain and roles. `answers` are written in where they are known;
    what a run says of the vendor's product is too.
    """
    forms = list(forms)
    domain = next((each.form.domain for each in forms), "")
    roles = dict.fromkeys(each.form.role for each in forms)
    head = (
        *_comment(words("declaration", lang)["draft_head"], ""),
        f"domain: {_quoted(domain)}",
        f"roles: [{', '.join(_quoted(role) for role in roles)}]",
        "",
        *_comment(words("declaration", lang)["draft_vendor"], ""),
        "vendor:",
    )
    return VendorFile(head, tuple(_facts(forms, lang, answers)), tuple(_questions(asked, lang, answers)))


def _facts(forms: Iterable[FilledForm], lang: Lang, answers: Answers | None) -> Iterator[_Block]:
    known = answers.vendor if answers else {}
    seen: set[str] = set()
    for filled in (each for form in forms for _, questions in form.sections for each in questions):
        question = filled.question
        if question.origin == "vendor" and question.fact and question.fact not in seen:
            seen.add(question.fact)
            value = known.get(question.fact) or (filled.proposal.value if filled.proposal else "")
            yield _fact(question.fact, _asking(question, lang), value)
    for name in CONFIRMATION:
        yield _fact(name, words("declaration", lang)[name], known.get(name, ""))


def _fact(name: str, comment: str, value: str) -> _Block:
    return _Block(name, (*_comment(comment, "  "), f"  {name}:{_after(value)}"))


def _questions(asked: Asked, lang: Lang, answers: Answers | None) -> Iterator[_Block]:
    """A block a question. One that is answered by a fact about the vendor is asked there."""
    known = answers.answers if answers else {}
    seen: set[str] = set()
    heading = ""
    for section, filled in asked:
        question = filled.question
        if question.id in seen or (question.origin == "vendor" and question.fact and question.id not in known):
            continue
        seen.add(question.id)
        above = ("", f"  # ——— {section.number} {section.title.in_(lang)} ———") if section.number != heading else ()
        heading = section.number
        yield _Block(question.id, (*above, *_question(filled, known.get(question.id), lang)))


def _question(filled: FilledQuestion, answer: Answer | None, lang: Lang) -> Iterator[str]:
    question, say = filled.question, words("declaration", lang).say
    yield from _comment(_asking(question, lang), "  ")
    if question.help:
        yield from _comment(say("draft_help", help=question.help.in_(lang)), "  ")
    if filled.proposal:
        shown = value_in_words(filled.proposal.value).in_(lang)
        because = f" ({', '.join(filled.proposal.because[:5])})" if filled.proposal.because else ""
        yield from _comment(say("draft_shown", shown=shown, because=because), "  ")
    elif filled.why and question.origin != "vendor":
        yield from _comment(say("draft_unshown", why=filled.why.in_(lang)), "  ")
    if question.confirm:
        yield from _comment(say("draft_confirm" if _has_evidence(filled) else "draft_named"), "  ")
    yield f"  {question.id}:"
    for key, value in _keys(filled, answer):
        yield f"    {key}:{_after(value)}"


def _asking(question: Question, lang: Lang) -> str:
    wanted = words("declaration", lang)[f"wanted_{question.answer.replace('-', '_')}"]
    if question.choices:
        wanted += ": " + "; ".join(each.in_(lang) for each in question.choices)
    references = f" [{', '.join(question.tf)}]" if question.tf else ""
    return f"{question.text.in_(lang)} ({wanted}){references}"


def _keys(filled: FilledQuestion, answer: Answer | None) -> Iterator[tuple[str, str]]:
    """The keys that the question calls for, and those that hold something already."""
    question = filled.question
    has_evidence = _has_evidence(filled)
    wanted = {
        "value": True,
        "confirmed": question.confirm and has_evidence,
        "comment": question.answer == "yes-no",
        "by": question.confirm or has_evidence,
        "reason": has_evidence,
    }
    for key, is_wanted in wanted.items():
        value = getattr(answer, key) if answer else ""
        text = ("yes" if value else "") if isinstance(value, bool) else value
        if is_wanted or text:
            yield key, text


def _has_evidence(filled: FilledQuestion) -> bool:
    """Whether a run may say something of it, so that there is something to confirm or to differ from."""
    question = filled.question
    return question.origin != "vendor" or filled.proposal is not None or bool(question.requirements or question.cases)


def _after(value: str) -> str:
    return f" {_quoted(value)}" if value else ""


def _quoted(value: str) -> str:
    """A YAML scalar, in quotes unless it is a plain word."""
    if re.fullmatch(r"[A-Za-zÅÄÖåäö][A-Za-z0-9ÅÄÖåäö._-]*", value) and value.casefold() != "null":
        return value
    return _ESCAPED.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ", break_on_hyphens=False
    )


def _joined(blocks: Iterable[_Block]) -> Iterator[str]:
    for block in blocks:
        yield from block.lines


def _added(lines: list[str], tree: object, name: str, blocks: Iterable[_Block]) -> list[str]:
    """The lines with the missing keys of one map put after its last one, in its own indentation."""
    top = tree if isinstance(tree, YamlMap) else None
    node = top.get(name) if top else None
    there = {key.text for key, _ in node.entries} if isinstance(node, YamlMap) else set()
    missing = [block for block in blocks if block.key not in there]
    if top is None or not missing:
        return lines
    if node is None:
        return [*lines, "", f"{name}:", *_joined(missing)]
    if isinstance(node, YamlMap) and node.entries and node.line == _line_of(top, name):
        todo = "write each of its keys on a line of its own"
        raise UsageError(f"“{name}” is written on one line; nothing can be added to it", source=node.source, todo=todo)
    indent = node.column - 1 if isinstance(node, YamlMap) and node.entries else 2
    end = _end(lines, top, name)
    return [*lines[:end], *(" " * (indent - 2) + line[max(0, 2 - indent) :] for line in _joined(missing)), *lines[end:]]


def _line_of(top: YamlMap, name: str) -> int:
    return next(key.line for key, _ in top.entries if key.text == name)


def _end(lines: list[str], top: YamlMap, name: str) -> int:
    """The index after the last line of a top-level map: before the next key, and before the comments above that."""
    after = [key.line for key, _ in top.entries if isinstance(key, YamlScalar) and key.line > _line_of(top, name)]
    end = min(after) - 1 if after else len(lines)
    while end > 0 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end
