"""Messages that were read back. Their bodies stay in the run's folder until somebody asks: a run may hold more than a computer does."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from rivta.model.exchange import Message
from rivta.model.words import Headers


class Stored(Message):
    """A message whose body is found when it is asked for. `digest` is its SHA-256 in hex, `size` in bytes, and `is_as_named` says
    whether that is what its file is called.

    Whatever makes it another one (`dataclasses.replace`) reads the body; `through` does not.
    """

    __slots__ = ("_find", "digest", "is_as_named", "size")
    _find: Callable[[], bytes]
    digest: str
    size: int
    is_as_named: bool

    def __init__(
        self,
        headers: Headers,
        body: Callable[[], bytes] | bytes,
        digest: str = "",
        size: int | None = None,
        is_as_named: bool = False,
    ) -> None:
        find = body if callable(body) else partial(bytes, body)
        known = {"digest": digest or sha256(find()).hexdigest(), "size": len(find()) if size is None else size}
        for name, value in {"headers": headers, "_find": find, "is_as_named": is_as_named, **known}.items():
            object.__setattr__(self, name, value)

    @property
    def body(self) -> bytes:
        return self._find()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.headers == other.headers and self.body == other.body

    def __hash__(self) -> int:
        return hash((self.headers, self.body))


def through(message: Message, headers: Headers, clean: Callable[[bytes], bytes]) -> Stored:
    """A message with other headers, and its body cleaned whenever it is asked for. Digest and size stay those of what is kept."""
    return Stored(headers, lambda: clean(message.body), message.digest, message.size)
