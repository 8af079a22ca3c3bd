"""What a tester's form says, bounded."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, get_args

from aiohttp import web
from multidict import MultiDictProxy

from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Said
from rivta.model.run import Attachment, Note
from rivta.model.words import Value
from rivta.page.play import Editing, ManualPlay
from rivta.page.programme import as_fields, changed, fields
from rivta.text import identity, pdf, placeholder

_NOT_IN_A_NAME = re.compile(r"[^\w. -]+")
Form = MultiDictProxy[str | bytes | bytearray | web.FileField]
_LONGEST_NAME, _LONGEST_NOTE = 100, 2000
_Word = Literal["yes", "no", "not-applicable"]


def text(form: Form, name: str) -> str:
    """A field's text; empty if it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def step(form: Form) -> int:
    """The step that the form was shown for; -1, which none is, where it does not say."""
    return number(text(form, "step"))


def number(text: str) -> int:
    """A number of a step or an exchange; -1, which none is, for what is none."""
    return int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else -1


def said(form: Form, by: str) -> Said | None:
    """What the tester answers. None if an answer is missing, or the reason why something is not applicable."""
    words: tuple[_Word, ...] = get_args(_Word)
    chosen, note = next((word for word in words if word == text(form, "answer")), None), written(form, "note")
    is_whole = by and (note or chosen != "not-applicable")
    return Said(chosen, by, note, written(form, "link")) if chosen and is_whole else None


def name(text: str) -> str:
    """A person's name as it was written, on one line."""
    return " ".join(text.split())[:_LONGEST_NAME]


def written(form: Form, field: str) -> str:
    """What the tester wrote, on as many lines as it has."""
    return text(form, field).replace("\r\n", "\n").strip()[:_LONGEST_NOTE]


def values_of(play: ManualPlay, form: Form) -> Mapping[str, Value] | None:
    """The values to send with. None if the play waits for none, or if a placeholder in them is misspelt."""
    moment = play.state.moment
    if not isinstance(moment, Editing):
        return None
    names = (f"v{field.place}" for field in fields(moment.data))
    written = [text(form, name) if name in form else None for name in names]
    try:
        for each in filter(None, written):
            placeholder.find(each)
    except UsageError:
        return None
    return changed(moment.data, written)


def given(form: Form, names: Iterable[str], test_identities: Collection[str]) -> tuple[Mapping[str, str], str]:
    """The test data that is written for these names, and the word for what is wrong with it, if anything is: it is held to what an
    environment's is.
    """
    data = {name: value for name in names if (value := text(form, name).strip()[:_LONGEST_NAME])}
    if any(identity.strangers(value, test_identities) for value in data.values()):
        return data, "no_test_person"
    return data, "no_placeholder" if any("${" in value for value in data.values()) else ""


MOST_FILES, MOST_BYTES = 5, 5 * 1024 * 1024
"""How many files a note may have, and what each may weigh."""
PDF: Final = "application/pdf"
_SIGNS: Final = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", PDF: b"%PDF-"}
"""How the types of files that a note may have begin, whatever they are called; what is UTF-8 is a text."""


def attached(form: Form) -> tuple[Attachment, ...]:
    """The files of a note, read and closed."""
    found: list[Attachment] = []
    for file in form.getall("files", []):
        if isinstance(file, web.FileField):
            with file.file:
                body = file.file.read(MOST_BYTES + 1)
            name = _NOT_IN_A_NAME.sub("-", file.filename)[-_LONGEST_NAME:]
            found += [Attachment(name, _type_of(body), body)] if body else []
    return tuple(found)


def _type_of(body: bytes) -> str:
    """What is in a file; empty for what a note may not have."""
    known = next((kind for kind, sign in _SIGNS.items() if body.startswith(sign)), "")
    if known or b"\0" in body:
        return known
    try:
        body.decode()
    except UnicodeDecodeError:
        return ""
    return "text/plain"


def wrong_with(note: Note, test_identities: Collection[str]) -> str:
    """The word for what is wrong with a note, its files' names and what is in them; empty if nothing is."""
    if not note.text and not note.files:
        return "note_empty"
    if len(note.files) > MOST_FILES or any(len(each.body) > MOST_BYTES for each in note.files):
        return "note_too_large"
    if not all(each.type for each in note.files):
        return "note_wrong_type"
    try:
        texts = [note.text, *(f"{each.name}\n{_text_of(each)}" for each in note.files)]
    except Unreadable:
        return "note_unreadable"
    return "no_test_person" if any(identity.strangers(each, test_identities) for each in texts) else ""


def _text_of(file: Attachment) -> str:
    return pdf.text_of(file.body) if file.type == PDF else file.body.decode("utf-8", "ignore")


def chosen(choices: Iterable[tuple[str, str]], form: Form) -> Mapping[str, str]:
    """What the tester chose instead of the suite's data, by dotted name; nothing but what there is to choose."""
    written = ((field, text(form, f"d{field.place}").strip()[:_LONGEST_NAME]) for field in as_fields(choices))
    return {field.name: said for field, said in written if said not in ("", field.text)}
