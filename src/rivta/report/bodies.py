"""The messages of a run, each shown once: where its first use stands, or where a red case needs it."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from rivta.model.exchange import Message
from rivta.model.run import Finding
from rivta.model.words import Direction
from rivta.report import listing
from rivta.report.layout import Anchors, ReportLink, View, joined
from rivta.report.listing import Listing
from rivta.report.voice import Voice
from rivta.text import xml

_NAME = 12
"""So many characters of a SHA-256 tell messages apart for people."""
BUDGET_BYTES = 3_000_000
"""So much of the messages is shown, those of red cases first: a report must open fast, and the files hold the rest.

Where messages are packed they count as packed. The lines around a finding are always shown, whatever the budget.
"""
_IN_BASE64 = 4 / 3
_OPEN = 2
"""So many messages stay as they were read: a call and its answer are looked into in turn."""
_NOTHING_SHOWN: View = {"anchor": "", "note": "", "pretty": None, "raw": None, "is_laid_out_later": False}


@dataclass(eq=False)
class _Body:
    """One message by content. Its size and digest are of what the file holds; its body is masked, and read when it is asked for."""

    side: Direction
    message: Message
    anchor: str
    voice: Voice
    is_packed: bool
    uses: list[ReportLink] = field(default_factory=list)
    is_red: bool = False
    is_within_budget: bool = False
    is_placed: bool = False
    marks: dict[tuple[str, int], list[ReportLink]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"messages/{self.message.digest}.xml"

    def forget(self) -> None:
        """Let go of what was read: the next one's turn has come."""
        for name in ("shown", "raw", "full_pretty", "raw_rows", "indented_rows"):
            self.__dict__.pop(name, None)

    @cached_property
    def shown(self) -> bytes:
        return self.message.body

    @cached_property
    def raw(self) -> str:
        return xml.decoded(self.shown)

    @cached_property
    def full_pretty(self) -> str:
        return xml.pretty(self.shown)

    @cached_property
    def raw_rows(self) -> list[str]:
        """The lines that are shown of the raw text."""
        return self._rows(self.raw)

    @cached_property
    def indented_rows(self) -> list[str]:
        """The lines that are shown of the indented text; none where that is the raw text again."""
        return self._rows(self.full_pretty) if self.full_pretty.strip() != self.raw.strip() else []

    def _rows(self, text: str) -> list[str]:
        return listing.lines(listing.shorten(text, self.voice.words["left_out"]))

    def rows(self, layout: str) -> list[str]:
        """The lines of a layout: `i` indented, `r` raw."""
        return self.indented_rows if layout == "i" else self.raw_rows

    @property
    def is_shortened(self) -> bool:
        longest = len(self.raw) if self.is_laid_out_later else max(len(self.raw), len(self.full_pretty))
        return longest > listing.SHOWN_CHARACTERS

    @property
    def is_laid_out_later(self) -> bool:
        """Packed messages are kept once, raw, but for those in whose indented text a finding has its line."""
        return self.is_packed and not self.marks

    def cost(self, before: bytes) -> int:
        """How many bytes of the budget it takes. `before` is the message that deflate has just seen."""
        if not self.is_packed:
            return min(len(self.shown), listing.SHOWN_CHARACTERS)
        deflate = zlib.compressobj(zdict=before) if before else zlib.compressobj()
        shown = self.shown[: listing.SHOWN_CHARACTERS]
        return round(_IN_BASE64 * len(deflate.compress(shown) + deflate.flush()))

    def marked(self, layout: str) -> Listing | None:
        rows = self.rows(layout)
        if not rows:
            return None
        marks = {line: joined(links, " ") for (where, line), links in self.marks.items() if where == layout}
        # A list item a line makes a large document slow to open, so only what is likely to be discussed gets numbers.
        is_numbered = bool(marks) or (self.is_red and not self.is_packed)
        return Listing(rows, marks=marks, anchor=f"{self.anchor}-{layout}", is_numbered=is_numbered)


class ReportBodies:
    """All messages of a run. First `use` for every exchange, then `settle`, `spot` for every finding, then `show`."""

    def __init__(self, anchors: Anchors, voice: Voice, *, is_packed: bool = False) -> None:
        self._is_packed = is_packed
        self._anchors = anchors
        self._voice = voice
        self._by_digest: dict[str, _Body] = {}
        self._read: list[_Body] = []

    def use(self, side: Direction, message: Message, case: ReportLink, *, is_red: bool) -> None:
        """Note that a case uses a message. A red case becomes its home before any other."""
        body = self._by_digest.get(message.digest)
        if body is None:
            anchor = self._anchors.another("m", message.digest[:_NAME])
            body = _Body(side, message, anchor, self._voice, self._is_packed)
            self._by_digest[message.digest] = body
        if is_red and not body.is_red:
            body.is_red = True
            body.uses.insert(0, case)
        elif case not in body.uses[:1] + body.uses[-1:]:  # cases come one after the other
            body.uses.append(case)

    def _opened(self, message: Message) -> _Body:
        body = self._by_digest[message.digest]
        if body not in self._read:
            self._read.append(body)
        if len(self._read) > _OPEN:
            self._read.pop(0).forget()
        return body

    def settle(self) -> None:
        """Decide which messages the report has room for: those of red cases, then the others in order."""
        left = BUDGET_BYTES
        before = dict.fromkeys(Direction, b"")
        for body in sorted(self._by_digest.values(), key=lambda each: not each.is_red):
            cost = body.cost(before[body.side])
            before[body.side] = body.shown
            body.is_within_budget = cost <= left
            left -= cost if body.is_within_budget else 0
            body.forget()

    def spot(self, message: Message, finding: Finding, back: ReportLink) -> tuple[list[ReportLink], Listing | None]:
        """Where a finding is seen in a message: links to the lines, which get a link back, and the few lines around it."""
        body = self._opened(message)
        if not body.shown:
            return [], None
        places = [*self._places(body, finding)]
        around = listing.excerpt(body.rows(places[0][0]), places[0][1]) if places else None
        if not body.is_within_budget or not places:
            return [ReportLink(f"#{body.anchor}", self._side(finding.direction))], around
        for layout, line in places:
            body.marks.setdefault((layout, line), []).append(back)
        return [self._link(body, finding.direction, layout, line) for layout, line in places], around

    @staticmethod
    def _places(body: _Body, finding: Finding) -> Iterable[tuple[str, int]]:
        """The line by the location in the indented text, and the line that the check itself named in the raw text."""
        indented, raw = body.indented_rows, body.raw_rows
        line = listing.line_of(body.full_pretty, finding.location) or 0
        if 0 < line <= len(indented or raw):
            yield "i" if indented else "r", line
            if not indented:
                return
        if finding.line and 1 <= finding.line <= len(raw):
            yield "r", finding.line

    def _link(self, body: _Body, direction: Direction, layout: str, line: int) -> ReportLink:
        is_second_layout = layout == "r" and bool(body.indented_rows)
        key = "raw_line_n" if is_second_layout else "line_of"
        return ReportLink(f"#{body.anchor}-{layout}{line}", self._voice.say(key, n=line, message=self._side(direction)))

    def _side(self, direction: Direction) -> str:
        return self._voice.words["the_request" if direction is Direction.REQUEST else "the_response"]

    def link(self, message: Message) -> ReportLink | None:
        """A link to where a message is shown, by the first characters of its name; None for an empty one."""
        body = self._by_digest[message.digest]
        return ReportLink(f"#{body.anchor}", message.digest[:_NAME]) if body.message.size else None

    def opening(self, message: Message) -> Listing | None:
        """The first lines of a message, indented where that is another text; None for an empty one."""
        body = self._opened(message)
        return listing.opening(body.indented_rows or body.raw_rows) if body.message.size else None

    def show(self, message: Message, case: ReportLink) -> View:
        """The message for one case: itself in its home the first time (`here`), else a link to its home (`elsewhere`)."""
        body = self._opened(message)
        home = body.uses[0]
        if not body.message.size:
            return {"here": _NOTHING_SHOWN | {"facts": self._voice.words["empty_body"]}, "elsewhere": None}
        if home != case or body.is_placed:
            elsewhere = ReportLink(f"#{body.anchor}", self._voice.say("same_body", case=home.words))
            return {"here": None, "elsewhere": elsewhere}
        body.is_placed = True
        return {"here": self._view(body), "elsewhere": None}

    def _view(self, body: _Body) -> View:
        """A message where it is shown. `pretty` is None where the raw text needs no other layout or is no XML, and where the
        reader's script is to lay it out (`is_laid_out_later`).
        """
        facts = self._voice.say("body_facts", size=self._voice.size(body.message.size), file=body.file)
        told = _NOTHING_SHOWN | {"anchor": body.anchor, "facts": facts}
        if not body.is_within_budget:
            return told | {"note": self._voice.say("body_elsewhere", file=body.file)}
        is_later = body.is_laid_out_later
        return told | {
            "note": self._voice.say("shortened", file=body.file) if body.is_shortened else "",
            "pretty": None if is_later else body.marked("i"),
            "raw": body.marked("r"),
            "is_laid_out_later": is_later and body.raw.lstrip().startswith("<"),
        }

    def appendix(self) -> list[View]:
        """Every message once, in the order of first use, and where the report uses it."""
        return [
            {"sha256": body.message.digest, "size": self._voice.size(body.message.size), "used": body.uses}
            for body in self._by_digest.values()
            if body.message.size
        ]
