"""`declaration.html`: one file that opens anywhere, offline, with scripts and inline styles blocked."""

import re
from base64 import b64encode
from hashlib import sha256

from markupsafe import Markup

from rivta.declaration.comparison import Comparison
from rivta.model.declaration import Declaration
from rivta.model.words import Lang
from rivta.report import packing
from rivta.report.drawing import SYMBOLS
from rivta.report.layout import filled, packaged
from rivta.report.packing import Pack
from rivta.report.view import build
from rivta.report.voice import Voice

_UNSHOWABLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, which HTML forbids
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # text direction: what is read must be what was sent
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]",  # no characters at all
)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def render(declaration: Declaration, lang: Lang = "sv", *, previous: Comparison | None = None) -> bytes:
    """The self-declaration as HTML in UTF-8. Give it the run as it was read: it masks identities itself.

    `previous` adds what changed since an earlier run. A large report packs what scripts can unfold; see `packing`.
    """
    pack = Pack(_clean) if packing.is_needed(declaration.run) else None
    style, script = packaged("declaration.css"), packaged("declaration.js") if pack else ""
    page = filled(
        "declaration.html",
        view=build(declaration, lang, previous=previous, is_packed=pack is not None),
        words=Voice(lang).words,
        symbols=SYMBOLS,
        pack=pack,
        style=Markup(style),  # noqa: S704  # our own file, and the hash in the policy is of these very bytes
        style_digest=_digest(style),
        script=Markup(script),  # noqa: S704  # the same
        script_digest=_digest(script),
    )
    return _clean(pack.linked(page) if pack else page).encode()


def _clean(text: str) -> str:
    return _UNSHOWABLE.sub(_REPLACEMENT, text)


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
