"""The files that say how a report, or a page that shows a run, looks: layouts that are filled in, styles, scripts, shapes."""

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


_UNSHOWABLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, which HTML forbids
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # text direction: what is read must be what was sent
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]",  # no characters at all
)


def clean(text: str) -> str:
    """HTML without what it must not hold, and without what would have it read otherwise than it was sent."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


@cache
def packaged(name: str, room: str = "rivta.report") -> str:
    """A file that lies in a room."""
    return resources.files(room).joinpath(name).read_text(encoding="utf-8")


def filled(name: str, room: str = "rivta.report", /, **values: object) -> Markup:
    """A layout of a room with its values, every text among them escaped."""
    return Markup(_environment(room).get_template(f"{name}.j2").render(values))  # noqa: S704  # it escapes


@cache
def _environment(room: str) -> "SandboxedEnvironment":
    # Jinja costs 40 ms at import, and a run that only sends has no use for it.
    from jinja2 import PackageLoader, StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    class Layouts(SandboxedEnvironment):
        def getattr(self, obj: object, attribute: str) -> object:
            """A value of a view by its name, before Jinja looks for a method of that name and fails a million times."""
            return obj[attribute] if type(obj) is dict and attribute in obj else super().getattr(obj, attribute)

    return Layouts(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=PackageLoader(room),
    )
