"""Who may be shown, and what stands where others stood."""

import hmac
from collections.abc import Collection, Mapping
from functools import lru_cache

from rivta.model.errors import Refused
from rivta.text.identity.recognition import Identity, every, find

PUBLISHED: Mapping[str, str] = {
    "191212121212": "Tolvan Tolvansson, the customary person of the test data that Inera publishes with its contracts",
    "201212121212": "Lilltolvan Tolvansson, the customary child of the same test data",
}
"""Test persons that may always be sent and shown, each with its source."""
_LONGEST = 256
"""More letters than any spelling of a number that is looked for across a cut."""


def strangers(text: str, declared: Collection[str]) -> list[Identity]:
    """Every number that names somebody who is no test person: neither published nor declared in the environment."""
    return [one for one in find(text) if not is_test(one.value, declared)]


def refuse_name(what: str, name: str, declared: Collection[str] = ()) -> None:
    """Raise `Refused` for a name that names a person: every report and terminal shows it, and a name that was masked would find nothing."""
    if strangers(name, declared):
        raise Refused(
            f"the name of {what} names a person by number",
            todo="give it another name: it is shown wherever it is told of",
        )


def is_test(value: str, declared: Collection[str]) -> bool:
    """Whether the number is one that we may send and show: published, or declared in the environment, in whatever form."""
    number = _plain(value)
    return number in PUBLISHED or number in {_plain(one) for one in declared}


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning with its length; not cut within a person's number, half of which nobody would mask."""
    return text if len(text) <= longest else f"{beginning(text, longest)}… ({len(text)} characters)"


def beginning(text: str, longest: int) -> str:
    """The text's first characters, at most so many, and no part of a number that goes on after them."""
    if len(text) <= longest:
        return text
    first = max(0, longest - _LONGEST)
    around = every(text[first : longest + _LONGEST])
    return text[: next((first + one.start for one in around if one.start < longest - first < one.end), longest)]


@lru_cache(maxsize=1024)  # the same few test persons are held against each number of each message
def _plain(value: str) -> str:
    stripped = value.strip()
    found = find(stripped)
    return found[0].value if len(found) == 1 and (found[0].start, found[0].end) == (0, len(stripped)) else stripped


class Mask:
    """Hides every person who is not a test person behind a token, the same number the same token wherever it stands.

    The token is a keyed hash, so that one without the key cannot try numbers until one fits.
    """

    def __init__(self, key: bytes | str, allowed: Collection[str]) -> None:
        self._key = key.encode() if isinstance(key, str) else key
        self._allowed = frozenset(PUBLISHED) | {_plain(one) for one in allowed}
        self.found: set[str] = set()
        """The tokens of everyone who was masked so far."""
        self.doubtful: set[str] = set()
        """The tokens of numbers that were let be and may be a person's all the same."""
        self.met = 0
        """How often somebody who is no test person, or may be somebody, was come upon."""

    def text(self, text: str) -> str:
        """The text with each identity that is not a test identity replaced by its token."""
        parts: list[str] = []
        end = 0
        for identity in every(text):
            if identity.value in self._allowed:
                continue
            self.met += 1
            token = f"person-{hmac.digest(self._key, identity.value.encode(), 'sha256').hex()[:8]}"
            (self.found if identity.is_certain else self.doubtful).add(token)
            if identity.is_certain:
                parts += [text[end : identity.start], token]
                end = identity.end
        return "".join((*parts, text[end:])) if parts else text
