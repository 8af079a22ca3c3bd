"""The nouns of a SoapUI project: its interfaces, cases, steps, assertions, mocks and environments."""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from rivta.model.frozen import frozen
from rivta.text import identity


@frozen
class Assertion:
    """`settings` are the texts of its configuration by name; `script` is that of a script assertion, else empty."""

    type: str
    name: str
    settings: Mapping[str, str]
    script: str
    line: int


@frozen
class SoapUiStep:
    """A step of a case. `settings` are the texts of its configuration by name, the first of each.

    `parts` are its transfers or conditions, `source`, `columns` and `rows` the kind of a data source, its names and values; the rest is of a request alone.
    `besides` is what a request has that no text of it says; it `drops_empty` elements.
    """

    kind: str
    name: str
    line: int
    settings: Mapping[str, str]
    script: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Mapping[str, str], ...] = ()
    source: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    endpoint: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()
    besides: tuple[str, ...] = ()
    drops_empty: bool = False

    @property
    def operation(self) -> tuple[str, str]:
        """The interface and the operation that it is of."""
        return self.settings.get("interface", ""), self.settings.get("operation", "")


@frozen
class SoapUiCase:
    """`suite` is the name of its test suite, `inherited` that suite's properties. `steps` begin with the scripts that are run before.

    `loads` are the load tests that hang on it, `notes` tells what of it is not read.
    """

    id: str
    name: str
    suite: str
    is_disabled: bool
    steps: tuple[SoapUiStep, ...]
    properties: Mapping[str, str]
    inherited: Mapping[str, str]
    loads: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]
    line: int


@frozen
class Interface:
    """A service as SoapUI keeps it. `documents` are its copy of WSDL and schemas by address, `root` is the address of the WSDL."""

    name: str
    is_soap: bool
    definition: str
    operations: Mapping[str, str]
    documents: Mapping[str, str]
    root: str


@frozen
class MockResponse:
    """A canned response of a mock service, with the HTTP status that it is given with."""

    name: str
    status: int
    body: str


@frozen
class Mock:
    """A mocked operation: the script that chooses one of its answers, and which is given by itself."""

    interface: str
    operation: str
    default: str
    script: str
    answers: tuple[MockResponse, ...]


@frozen
class SoapUiEnvironment:
    """Where ReadyAPI finds the services: addresses by interface, and values of its own."""

    name: str
    endpoints: Mapping[str, str]
    properties: Mapping[str, str]


@frozen
class Project:
    """`scripts` are those that belong to no case. `mask` hides who is named in a title: the same token each time, which only who has the project can tell."""

    path: Path
    name: str
    version: str
    properties: Mapping[str, str]
    interfaces: tuple[Interface, ...]
    cases: tuple[SoapUiCase, ...]
    mocks: tuple[Mock, ...]
    environments: tuple[SoapUiEnvironment, ...]
    scripts: tuple[str, ...]
    mask: identity.Mask = field(repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """Where what belongs to it lies: the composite project itself, else the folder that its file is in."""
        return self.path if self.path.is_dir() else self.path.parent

    def beside(self, name: str) -> Path | None:
        """A file beside the project, by its plain name; None for another path, and where there is none."""
        path = self.folder / name
        return path if re.fullmatch(r"[\w. -]+", name) and is_own(path) else None


def is_own(path: Path) -> bool:
    """Whether a file lies where its name says."""
    return path.is_file() and not path.is_symlink()
