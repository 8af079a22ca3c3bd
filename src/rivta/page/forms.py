"""What a tester's form says, bounded."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

from aiohttp import web
from multidict import MultiDictProxy

from rivta.model.errors import UsageError
from rivta.model.exchange import Said
from rivta.model.words import Value
from rivta.page.play import Editing, ManualPlay
from rivta.page.programme import as_fields, changed, fields
from rivta.text import identity, placeholder

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]
_LONGEST_NAME, _LONGEST_NOTE = 100, 2000
_ANSWERS: Final[Mapping[str, Literal["yes", "no", "not-applicable"]]] = {
    "yes": "yes",
    "no": "no",
    "not-applicable": "not-applicable",
}


def text(form: Form, name: str) -> str:
    """A field's text; empty if it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def step(form: Form) -> int:
    """The step that the form was shown for; -1, which none is, where it does not say."""
    told = text(form, "step")
    return int(told) if re.fullmatch(r"\d{1,4}", told, re.ASCII) else -1


def said(form: Form, by: str) -> Said | None:
    """What the tester answers. None if an answer is missing, or the reason why something is not applicable."""
    chosen = _ANSWERS.get(text(form, "answer"))
    note = written(form, "note")
    return Said(chosen, by, note) if chosen and by and (note or chosen != "not-applicable") else None


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
    names = [f"v{field.place}" for field in fields(moment.data)]
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


def chosen(choices: Iterable[tuple[str, str]], form: Form) -> Mapping[str, str]:
    """What the tester chose instead of the suite's data, by dotted name; nothing but what there is to choose."""
    written = ((field, text(form, f"d{field.place}").strip()[:_LONGEST_NAME]) for field in as_fields(choices))
    return {field.name: said for field, said in written if said not in ("", field.text)}
