"""The files that say how a report, or a page that shows a run, looks: layouts that are filled in, styles, scripts, drawings.

A drawing is plain SVG without style attributes, since a content policy may block those: shapes carry the meaning, colour repeats it.
And what a view is, and places in the report: links to them, and names that are unique, safe in an `id`, and readable, so that a
link can be cited.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources
from importlib.metadata import version
from math import ceil
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from rivta import __version__
from rivta.model.frozen import frozen
from rivta.report.voice import State

if TYPE_CHECKING:
    from jinja2 import Environment, FileSystemBytecodeCache

_UNSHOWABLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, which HTML forbids
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # text direction: what is read must be what was sent
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]",  # no characters at all
)


_SHOWABLE = b"\t\n\r" + bytes(range(0x20, 0x7F))


def clean(text: str) -> bytes:
    """HTML in UTF-8 without what it must not hold, and without what would have it read otherwise than it was sent."""
    written = text.encode(errors="surrogatepass")
    # Most of a text is ASCII: what is not is a hundredth of it, and is looked through in a hundredth of the time.
    if _UNSHOWABLE.search(written.translate(None, _SHOWABLE).decode(errors="surrogatepass")):
        return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text).encode()
    return written


@cache
def packaged(name: str, room: str = "rivta.report") -> str:
    """A file that lies in a room."""
    return resources.files(room).joinpath(name).read_text(encoding="utf-8")


def filled(name: str, room: str = "rivta.report", /, **values: object) -> Markup:
    """A layout of a room with its values, every text among them escaped."""
    return Markup("".join(drawn(name, room, **values)))  # noqa: S704  # it escapes


def drawn(name: str, room: str = "rivta.report", /, **values: object) -> Iterator[str]:
    """The same, piece by piece."""
    return _environment(room).get_template(f"{name}.j2").generate(values)


@cache
def _environment(room: str) -> "Environment":
    """Our own layouts need no sandbox: nobody else's is ever filled in, and what is filled in is data."""
    # Jinja costs 40 ms at import, and a run that only sends has no use for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    class Layouts(Environment):
        def getattr(self, obj: object, attribute: str) -> object:
            """A value of a view by its name, before Jinja looks for a method of that name and fails a million times."""
            return obj[attribute] if type(obj) is dict and attribute in obj else super().getattr(obj, attribute)

    layouts = Layouts(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=PackageLoader(room),
        bytecode_cache=_compiled(),
    )
    layouts.globals["joined"] = joined
    return layouts


def _compiled() -> "FileSystemBytecodeCache | None":
    """Where compiled layouts are kept for the next process: a folder of this user's alone, which Jinja makes sure of."""
    from jinja2 import FileSystemBytecodeCache  # noqa: PLC0415 - as above

    try:
        return FileSystemBytecodeCache(pattern=f"__rivta_{__version__}_jinja_{version('jinja2')}_%s.cache")
    except (RuntimeError, OSError):  # there is no such folder, nor can one be made
        return None


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80

View = dict[str, Any]
"""A part of the report as templates read it: by name texts, numbers, states, links, drawings, views. Other formats do not."""


@frozen
class ReportLink:
    """A place in the report, and the words that lead there."""

    href: str
    words: str

    def __html__(self) -> str:
        """How a layout shows it: a report has fifty a case, most of them more than once, and a macro takes ten times as long."""
        return _linked(self.href, self.words)


@lru_cache(8192)
def _linked(href: str, words: str) -> str:
    return f'<a href="{escape(href)}">{escape(words)}</a>' if href else str(escape(words))


def joined(links: Iterable[Any], separator: str = ", ") -> Markup:
    """Links, or what else knows how it is shown, one after the other."""
    return Markup(separator.join([each.__html__() for each in links]))  # noqa: S704  # each escapes


class Anchors:
    """Hands out one name a key. Two keys that read alike get different names."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[object, ...], str] = {}
        self._taken: set[str] = set()

    def of(self, kind: str, *key: object) -> str:
        """The name of the place that `kind` and `key` stand for; the same one every time. The last part of the key shows."""
        full = (kind, *key)
        if full not in self._by_key:
            self._by_key[full] = self.another(kind, str(key[-1]))
        return self._by_key[full]

    def another(self, kind: str, name: str) -> str:
        """A place that whoever asks for it remembers."""
        wanted = f"{kind}-{_UNSAFE.sub('-', name).strip('-')[:_LONGEST]}"
        anchor, count = wanted, 1
        while anchor in self._taken:
            count += 1
            anchor = f"{wanted}-{count}"
        self._taken.add(anchor)
        return anchor


# Drawings: the symbols of the verdicts, and one mark for each thing counted

SYMBOLS = Markup(packaged("symbols.svg").strip())  # noqa: S704  # our own file
"""The verdicts' shapes, once a report; `use` shows them in the colour of the text around."""
_MARK, _STEP, _A_ROW = 15, 20, 14


@frozen
class StateCount:
    """How many of something came to one state."""

    state: State
    count: int


def tallies(found: Iterable[State], order: Sequence[State]) -> tuple[StateCount, ...]:
    """How many of each state there are, in that order; states that did not occur are left out."""
    counted = Counter(found)
    return tuple(StateCount(state, counted[state]) for state in order if counted[state])


def figure(kind: str, anchor: str, words: tuple[str, str], size: tuple[int, int], **values: object) -> Markup:
    """A drawing of a kind, with its title and description."""
    title, description = words
    width, height = size
    own = {"kind": kind, "anchor": anchor, "title": title, "description": description, "width": width, "height": height}
    return filled(f"{kind}.svg", **own, **values).rstrip()


def marks(counted: Sequence[StateCount], anchor: str, title: str, description: str) -> Markup:
    """One mark for each thing counted, row by row, in the order of the tallies."""
    keys = [tally.state.key for tally in counted for _ in range(tally.count)]
    places = [(key, n % _A_ROW * _STEP, n // _A_ROW * _STEP) for n, key in enumerate(keys)]
    size = (_A_ROW * _STEP, max(ceil(len(keys) / _A_ROW), 1) * _STEP)
    return figure("marks", anchor, (title, description), size, marks=places, side=_MARK)
