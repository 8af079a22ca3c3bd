"""What must not be read in evidence: people who are not test persons, and the environment's secrets.

A line is redacted before it is written; a body stays as it was on the wire, for it is the evidence, and is masked when a
report is made. Verdicts were given before, and no word that carries one is touched.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache, partial
from html import escape, unescape
from operator import is_
from typing import Any, TypeVar, cast
from urllib.parse import quote

from rivta.evidence.stored import through
from rivta.model.exchange import Message, Tls
from rivta.model.run import CaseResult, Run, RunHeader, Stray
from rivta.model.words import Direction, Source, Text, Verdict
from rivta.text.identity import Mask

SECRET = "‹secret›"  # noqa: S105 - what stands where a secret stood
VEILED = "‹masked›"
"""What stands where such a text stood."""

SHORTEST = 4
"""Letters from which a text is looked for elsewhere too: a shorter one would take out half of every word."""
Clean = Callable[[str], str]
T = TypeVar("T")
Told = TypeVar("Told", CaseResult, Stray)

_KEPT = frozenset(
    [
        "blame",
        "body",
        "case",
        "digest",
        "direction",
        "ended",
        "id",
        "kind",
        "level",
        "mask_key",
        "path",
        "role",
        "run",
        "started",
        "suite",
        "suites",
        "test_identities",
        "verdict",
        "verdicts",
        "verifies",
    ]
)
"""Fields that hold no one's words: what carries a verdict, and the names by which lines find each other and their files.

A secret is let be in them, and a person masked: the same number has the same token, so names still find each other. A field that is
not named here is redacted, so that one added to the model later is not forgotten.
"""
_NEVER = frozenset({"body", "digest", "mask_key", "test_identities"})
"""What no person can be in: hashes, and who may be shown."""
_FREE = "environment"
"""The field whose keys are a person's own words, so that none of them is a field's name."""
_STRAYS = "received"
"""What names the calls that no case asked for, beside cases' keys."""
_SHORT, _REMEMBERED = 1000, 8192
"""Characters of a text that is likely to come again, and how many such texts are remembered."""
_AGAIN = frozenset({Source, Text, Tls, tuple})
_NO_WORDS = frozenset({int, float, bool, type(None), Verdict, Direction})
"""What holds nobody's words."""
_WIDE = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def mask_of(header: RunHeader) -> Mask:
    """The mask of a run: its test identities stay in clear, everyone else gets the run's own token."""
    return Mask(header.mask_key, header.test_identities)


@cache
def hiding(secrets: tuple[str, ...]) -> Clean:
    """What replaces each secret, as it is and as XML or a URL would spell it, by `‹secret›`."""
    spelt = {
        spelling
        for secret in filter(None, secrets)
        for spelling in (secret, escape(secret), escape(secret, quote=False), quote(secret), quote(secret, safe=""))
    }
    if not spelt:
        return _as_it_is
    # The longest first, so that a secret that begins like another goes whole.
    pattern = re.compile("|".join(map(re.escape, sorted(spelt, key=len, reverse=True))))
    return lambda text: pattern.sub(SECRET, text)


def _as_it_is(text: str) -> str:
    return text


class Redaction:
    """What redacts the lines of one run: its own test persons stay in clear, and secrets are hidden.

    Most texts of a line come with every line, so those that have nothing in them to be taken out are remembered.
    """

    def __init__(self, header: RunHeader, secrets: tuple[str, ...] = ()) -> None:
        self._mask, hide = mask_of(header), hiding(secrets)
        self._rewriting = _Rewriting(lambda text: self._mask.text(hide(text)), self._mask.text, lambda: self._mask.met)

    def line(self, line: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The line with nothing in it that must not be read, and the tokens of everyone who was masked in it."""
        self._mask.found.clear()
        return self._rewriting.of(line), sorted(self._mask.found)


def clean_body(body: bytes, clean: Clean) -> bytes:
    """A body with its text cleaned, in the encoding that it came in; the very same bytes if there was nothing to clean.

    Bytes that are not UTF-8, UTF-16 or UTF-32 are read one by one: whatever the encoding, its digits are ASCII's.
    """
    encoding = _encoding(body)
    text = body.decode(encoding, "replace" if encoding.startswith("utf") else "strict")
    cleaned = clean(text)
    return body if cleaned == text else cleaned.encode(encoding, "xmlcharrefreplace")


def _encoding(body: bytes) -> str:
    for start, encoding in _WIDE:
        if body.startswith(start):
            return encoding
    try:
        body.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def masked(run: Run) -> Run:
    """The run as a report may show it: texts and bodies without anyone but test persons, and without the key to them.

    `Run.masked` then lists everyone who was seen, by token. `Run.veiled` names elements whose text is hidden as well.
    """
    mask, veil = mask_of(run.header), _veil_over(run)
    rewriting = _Rewriting(lambda text: veil(mask.text(text)), mask.text, lambda: mask.met)
    doubtful: list[str] = []

    def of(value: Told) -> Told:
        mask.doubtful.clear()
        cleaned = replace(rewriting.of(value))  # a value of its own, for a report knows results by identity
        if mask.doubtful:
            doubtful.append(cleaned.key if isinstance(cleaned, CaseResult) else _STRAYS)
        return cleaned

    shown = replace(
        run,
        header=replace(rewritten(run.header, mask.text, mask.text), mask_key=""),
        results=tuple(map(of, run.results)),
        damage=tuple(map(mask.text, run.damage)),
        strays=tuple(map(of, run.strays)),
        notes=tuple(map(rewriting.of, run.notes)),
    )
    people, cases = sorted({*run.masked, *mask.found}), dict.fromkeys((*run.doubtful, *doubtful))
    return replace(shown, masked=tuple(people), doubtful=tuple(cases))


def rewritten(value: T, clean: Clean, mask: Clean) -> T:
    """A value of the model or its line, with every text in it cleaned that is somebody's words, and persons masked in all others.

    `clean` masks too. The very same where there is nothing to clean.
    """
    return _Rewriting(clean, mask).of(value)


class _Rewriting:
    """`clean` for somebody's words and for bodies, `mask` for what is kept. `met` counts the persons that these have come upon."""

    def __init__(self, clean: Clean, mask: Clean, met: Callable[[], int] | None = None) -> None:
        self._clean, self._mask, self._met = clean, mask, met
        self._innocent: set[int] = set()
        """What a run says again and again, is kept once and names nobody, by its `id`."""
        self._let_be: tuple[set[str], set[str]] = (set(), set())
        """Texts that name nobody: words, and what is kept."""

    def of(self, value: T) -> T:
        return cast("T", self._of(value, self._clean, _KEPT))

    def _of(self, value: Any, text: Clean, kept: Collection[str]) -> Any:
        """The value with its texts put through `text`, but for fields that are `kept`."""
        kind: Any = type(value)
        if kind is str:
            return self._text(value, text)
        if kind is bytes:
            return clean_body(value, self._clean)
        if self._met is None or kind not in _AGAIN or kept is not _KEPT or text is self._mask:
            return self._parts(kind, value, text, kept)
        if id(value) in self._innocent:
            return value
        before = self._met()
        found = self._parts(kind, value, text, kept)
        if found is value and self._met() == before:
            self._innocent.add(id(value))
        return found

    def _parts(self, kind: Any, value: Any, text: Clean, kept: Collection[str]) -> Any:
        if isinstance(value, Message):
            return self._message(value, text, kept)
        if kind is tuple or kind is list:
            parts = kind([self._of(each, text, kept) for each in value])
            return value if all(map(is_, parts, value)) else parts
        if kind is dict or isinstance(value, Mapping):
            return {self._text(name, self._mask): self._field(name, each, text, kept) for name, each in value.items()}
        changed = {}
        for name in _fields(kind):
            each = getattr(value, name)
            if each and (other := self._field(name, each, text, kept)) is not each:
                changed[name] = other
        return replace(value, **changed) if changed else value

    def _message(self, message: Message, text: Clean, kept: Collection[str]) -> Message:
        """The message, whose body is read here for who is named in it, and again when it is shown."""
        body, headers = message.body, self._field("headers", message.headers, text, kept)
        is_clean = clean_body(body, self._clean) is body
        if is_clean and headers is message.headers:
            return message
        return through(message, headers, bytes if is_clean else partial(clean_body, clean=self._clean))

    def _field(self, name: str, value: Any, text: Clean, kept: Collection[str]) -> Any:
        if type(value) in _NO_WORDS or (kept and name in _NEVER and type(value) is not bytes):
            return value
        text = self._mask if name in kept else text
        return self._text(value, text) if type(value) is str else self._of(value, text, () if name == _FREE else kept)

    def _text(self, value: str, text: Clean) -> str:
        """A text put through `text`, but for one that has been let be before."""
        if self._met is None or len(value) > _SHORT:
            return text(value)
        let_be = self._let_be[text is self._mask]
        if value in let_be:
            return value
        before = self._met()
        cleaned = text(value)
        if cleaned == value and self._met() == before:
            if len(let_be) >= _REMEMBERED:
                let_be.clear()
            let_be.add(value)
        return cleaned


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """What a value of the model holds; nothing where it is a word or a number."""
    return tuple(each.name for each in fields(kind) if each.init) if is_dataclass(kind) else ()


def _veil_over(run: Run) -> Clean:
    if not run.veiled:
        return _as_it_is
    veil = Veil(run.veiled)
    for message in run.messages:
        clean_body(message.body, veil.look)
    return veil.over()


# Names, addresses and free text, for whoever wants more hidden than identities


class Veil:
    """The elements to veil, and what has been seen in them. `look` at every body first, then `over` hides.

    A domain says which of its elements hold such text; what stood in them is taken out of the messages and out of every word
    that repeats it. Lines keep their numbers, so that findings still point at the right ones.
    """

    def __init__(self, elements: Iterable[str]) -> None:
        names = "|".join(map(re.escape, sorted(elements)))
        # Text, character data sections and comments, but no element: what holds elements holds no text of its own.
        inside = r"(?:[^<]|<!\[CDATA\[.*?\]\]>|<!--.*?-->)+"
        self._element = re.compile(rf"(<(?:[\w.-]+:)?(?:{names})(?:\s[^<>]*)?(?<!/)>)({inside})(?=</)", re.DOTALL)
        self._seen: set[str] = set()

    def look(self, text: str) -> str:
        """Remember what stands in the elements of one body. The text itself comes back as it was."""
        for found in self._element.finditer(text):
            plain = unescape(found[2]).strip()
            self._seen |= {each for each in (found[2].strip(), plain) if len(each) >= SHORTEST}
        return text

    def over(self) -> Clean:
        """What hides all of it: in the elements, and wherever else the same text stands."""
        longest_first = sorted(self._seen, key=len, reverse=True)
        again = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

        def veiled(found: re.Match[str]) -> str:
            return found[1] + VEILED + "\n" * found[2].count("\n")

        def clean(text: str) -> str:
            hidden = self._element.sub(veiled, text)
            return again.sub(VEILED, hidden) if again else hidden

        return clean
