"""The files that say how the report looks: layouts that are filled in, styles, scripts, shapes."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


@cache
def packaged(name: str) -> str:
    """A file that lies beside this one."""
    return resources.files("rivta.report").joinpath(name).read_text(encoding="utf-8")


def filled(name: str, **values: object) -> Markup:
    """A layout with its values, every text among them escaped."""
    return Markup(_environment().get_template(f"{name}.j2").render(values))  # noqa: S704  # it escapes


@cache
def _environment() -> "SandboxedEnvironment":
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
        loader=PackageLoader("rivta.report"),
    )
