"""What a large report folds away: parts of HTML, many to a chunk, deflated, so that messages that are alike cost little."""

import re
import zlib
from base64 import b64encode
from collections.abc import Iterator

from rivta.report.layout import View, clean

_CHUNK_CHARACTERS = 500_000
_ID = re.compile(r' id="([^"]+)"')
_HREF = re.compile(r'href="#([^"]+)"')
_BETWEEN = b"\x1e"
"""Stands between the parts of a chunk. No part holds it, for no report holds a control character."""


class _Stream:
    """Parts of one kind, in chunks: what is alike stands close together, for deflate looks back 32 KB only."""

    def __init__(self) -> None:
        self._packed: list[str] = []
        self._parts: list[bytes] = []
        self._room = _CHUNK_CHARACTERS

    def put(self, part: str) -> tuple[int, int]:
        if self._room <= 0:
            self._close()
        self._parts.append(clean(part))
        self._room -= len(part)
        return len(self._packed), len(self._parts) - 1

    def chunks(self) -> list[str]:
        """Everything that was put."""
        if self._parts:
            self._close()
        return self._packed

    def _close(self) -> None:
        self._packed.append(b64encode(zlib.compress(_BETWEEN.join(self._parts))).decode())
        self._parts, self._room = [], _CHUNK_CHARACTERS


class Pack:
    """Takes parts of the page out of it."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._homes: dict[str, str] = {}

    def put(self, part: str, stream: str, home: str) -> str:
        """Keep a part of HTML; returns its place. `home` is the `id` of what stands in plain and holds the part."""
        self._homes.update(dict.fromkeys(_ID.findall(part), home))
        chunk, index = self._streams.setdefault(stream, _Stream()).put(part)
        return f"{stream}{chunk}.{index}"

    def chunks(self) -> Iterator[View]:
        """Everything that was kept, as data blocks of the page: each a `name`, and as `data` zlib in base64."""
        for name, stream in self._streams.items():
            yield from ({"name": f"{name}{number}", "data": data} for number, data in enumerate(stream.chunks()))

    def linked(self, page: str) -> str:
        """The page with each link into a part leading to the part's home; the script leads on from there."""
        return _HREF.sub(self._link, page)

    def _link(self, found: re.Match[str]) -> str:
        home = self._homes.get(found[1])
        return f'href="#{home}" data-at="{found[1]}"' if home else found[0]
