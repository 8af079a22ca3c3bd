"""No person's number in what people write: the vendor's file is attached, archived and read by many."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rivta.model.declaration import Answer, Answers
from rivta.model.errors import Refused
from rivta.model.words import Source
from rivta.text import identity
from rivta.text.yaml.compose import LIMIT_BYTES, shown_as

_TODO = "take it out; if it is a test person, declare it under test-identities in the environment of the run"


def refuse_identities(answers: Answers, test_identities: Collection[str] = ()) -> None:
    """Refused if a number that names a person stands anywhere in the answers, their file's comments or its name.

    The published test persons and `test_identities` are let be. The error names the file and the line, never the number.
    """
    refuse_identities_in(answers.path, test_identities)
    for text, source in _written(answers):
        if _names_a_person(text, test_identities):
            place = source or Source(shown_as(answers.path))
            raise _refusal(place.path, place.line)


def refuse_identities_in(path: Path, test_identities: Collection[str] = ()) -> None:
    """The same for a file as it is, before it is read: so that no mistake in it can repeat the number."""
    if _names_a_person(path.name, test_identities):
        raise Refused(f"the name of a file in {path.parent} holds a person’s number", todo="rename the file")
    if not path.is_file():
        return
    with path.open("rb") as file:
        text = file.read(LIMIT_BYTES).decode("utf-8", errors="replace")
    for line, written in enumerate(text.splitlines(), start=1):
        if _names_a_person(written, test_identities):
            raise _refusal(shown_as(path), line)


def _written(answers: Answers) -> Iterator[tuple[str, Source | None]]:
    """Every text as it was meant: what an escape spells out stands on no line."""
    for name, value in answers.vendor.items():
        yield value, answers.places.get(name)
    for answer in answers.answers.values():
        yield from ((text, answer.source) for text in _texts(answer))


def _texts(answer: Answer) -> tuple[str, ...]:
    return (answer.value, answer.comment, answer.by, answer.reason)


def _names_a_person(text: str, test_identities: Collection[str]) -> bool:
    return any(not identity.is_test(found.value, test_identities) for found in identity.find(text))


def _refusal(path: str, line: int) -> Refused:
    # Without the line's text: it would show the number under the caret.
    return Refused("a person’s number stands here; it is not a test person’s", source=Source(path, line), todo=_TODO)
