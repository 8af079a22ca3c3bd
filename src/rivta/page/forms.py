"""What a tester's form says, bounded, and what is handed out as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from aiohttp import web
from multidict import MultiDictProxy

from rivta.counterpart import Counterpart
from rivta.evidence.received import KeptCall
from rivta.evidence.redaction import clean_body
from rivta.model.errors import UsageError
from rivta.model.exchange import Said
from rivta.model.words import Value
from rivta.page import values
from rivta.page.messages import Clean
from rivta.page.play import Editing, Play
from rivta.page.programme import Playable
from rivta.text import placeholder

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]
_LONGEST_NAME, _LONGEST_NOTE = 100, 2000
_ANSWERS: Final[Mapping[str, Literal["yes", "no", "not-applicable"]]] = {
    "yes": "yes",
    "no": "no",
    "not-applicable": "not-applicable",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def text(form: Form, name: str) -> str:
    """A field's text; empty if it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def step(form: Form) -> int:
    """The step that the form was shown for; -1, which none is, where it does not say."""
    told = text(form, "step")
    return int(told) if re.fullmatch(r"\d{1,4}", told, re.ASCII) else -1


def said(form: Form, answer: str = "") -> Said | None:
    """What the tester answers, and who that is. None if a name or an answer is missing."""
    by = " ".join(text(form, "by").split())[:_LONGEST_NAME]
    chosen = _ANSWERS.get(answer or text(form, "answer"))
    note = text(form, "note").replace("\r\n", "\n").strip()[:_LONGEST_NOTE]
    return Said(chosen, by, note) if chosen and by else None


def values_of(play: Play, form: Form) -> Mapping[str, Value] | None:
    """The values to send with. None if the play waits for none, or if a placeholder in them is misspelt."""
    moment = play.shown.moment
    if not isinstance(moment, Editing):
        return None
    fields = values.fields(moment.data)
    written = [text(form, f"v{field.place}") if f"v{field.place}" in form else None for field in fields]
    try:
        for each in filter(None, written):
            placeholder.find(each)
    except UsageError:
        return None
    return values.changed(moment.data, written)


def chosen(playable: Playable, form: Form) -> Mapping[str, str]:
    """What the tester chose instead of the suite's data, by dotted name; nothing but what there is to choose."""
    fields = values.as_fields(playable.choices().items())
    written = {field.name: text(form, f"d{field.place}").strip()[:_LONGEST_NAME] for field in fields}
    return {field.name: written[field.name] for field in fields if written[field.name] not in ("", field.text)}


def entry(counterpart: Counterpart, number: int) -> KeptCall:
    try:
        return counterpart.call(number)
    except KeyError:
        raise web.HTTPNotFound from None


def masked(body: bytes, clean: Clean) -> bytes:
    """A message as it may be handed out: as it was, but for people who are no test persons."""
    return clean_body(body, clean)


def file(body: bytes, name: str, kind: str) -> web.Response:
    """Something to be saved, never shown."""
    safe = _UNSAFE.sub("-", name)
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{safe}"'})
