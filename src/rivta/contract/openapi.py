"""A service that an OpenAPI document describes: its operations, requests drawn from what the document says of each, and what an
answer shows. The drawing and the judging are schemathesis's (the extra `rest`), which is imported with the first document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

import yaml

from rivta.model.errors import UsageError
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.steps import PROPERTIES, Inputs
from rivta.model.words import Headers
from rivta.text import identity
from rivta.text.catalogue import LOADER
from rivta.text.files import contents

if TYPE_CHECKING:
    from schemathesis import Case
    from schemathesis.schemas import APIOperation

_CHECKS: Final[Mapping[str, str]] = {
    "no-server-error": "not_a_server_error",
    "documented-status": "status_code_conformance",
    "documented-type": "content_type_conformance",
    "documented-headers": "response_headers_conformance",
    "body-by-schema": "response_schema_conformance",
    "accepts-valid": "positive_data_acceptance",
    "refuses-invalid": "negative_data_rejection",
}
"""The check of schemathesis that says of an answer whether it has a property."""
_METHODS = ("get", "put", "post", "delete", "options", "patch")
_OURS = frozenset(
    ("user-agent", "accept-encoding", "connection", "content-length", "host", "x-schemathesis-testcaseid")
)
"""Headers that the library adds for itself, or that the transport writes."""
_DRAWN_AT_MOST = 20
"""How many are drawn for one that is sent: some are alike, and what could be a person's number is not sent."""


@frozen
class DrawnRequest:
    """One request: `target` is the path with its query, below the service's address."""

    method: str
    target: str
    headers: Headers
    body: bytes
    case: Case[Any] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Description:
    """An OpenAPI document (2.0, 3.0, 3.1) as it was read."""

    path: Path
    document: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.document.get("info", {}).get("title", "")).strip()

    @property
    def version(self) -> str:
        return str(self.document.get("info", {}).get("version", "")).strip()

    @property
    def operations(self) -> tuple[str, ...]:
        """Each as `GET /units/{id}`, in the document's order."""
        paths = self.document.get("paths")
        return tuple(
            f"{method.upper()} {path}"
            for path, item in (paths.items() if isinstance(paths, dict) else ())
            if isinstance(item, dict)
            for method in item
            if method in _METHODS
        )

    def draw(
        self, operation: str, inputs: Inputs, number: int, seed: int, fixed: Mapping[str, str] | None = None
    ) -> tuple[DrawnRequest, ...]:
        """Up to so many different requests to an operation, the same for the same seed: such as the document describes, or such as it
        forbids. `fixed` are parameters whose value is known. Fewer, or none, where there are no more. Nothing that could be a person's number
        is among them.
        """
        method, _, path = operation.partition(" ")
        found: dict[tuple[str, bytes], DrawnRequest] = {}
        for case in _cases(self._schema[path][method], inputs, number, seed):
            drawn = _drawn(_with(case, fixed or {}))
            if not _names_a_stranger(drawn, (fixed or {}).values()):
                found.setdefault((drawn.target, drawn.body), drawn)
        return tuple(found.values())[:number]

    def breaches(self, drawn: DrawnRequest, inputs: Inputs, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Each property that the answer does not have, with what is wrong, as the library says it."""
        from schemathesis.checks import CHECKS, load_all_checks  # noqa: PLC0415 - an extra
        from schemathesis.core.failures import Failure, FailureGroup  # noqa: PLC0415 - the same

        load_all_checks()
        answer = _answer(drawn, exchange)
        for name in (name for name, shown_by in PROPERTIES.items() if inputs in shown_by):
            try:
                drawn.case.validate_response(answer, checks=[cast("Any", CHECKS.get_one(_CHECKS[name]))])
            except (Failure, FailureGroup) as failed:
                for each in failed.exceptions if isinstance(failed, FailureGroup) else (failed,):
                    yield name, ": ".join(filter(None, (getattr(each, "title", ""), getattr(each, "message", ""))))

    @cached_property
    def _schema(self) -> Any:
        schemathesis = library()
        from schemathesis.config import SchemathesisConfig  # noqa: PLC0415 - an extra
        from schemathesis.errors import LoaderError  # noqa: PLC0415 - the same

        config = SchemathesisConfig()
        # Keys are the environment's, and a parameter that nobody described is neither right nor wrong.
        config.projects.default.generation.update(with_security_parameters=False, allow_extra_parameters=False)
        try:
            return schemathesis.openapi.from_dict(dict(self.document), config=config)
        except LoaderError as error:
            raise _no_document(self.path, str(error)) from error


def can_be_tried() -> bool:
    """Whether the extra is installed, which takes seconds to import."""
    return find_spec("schemathesis") is not None


def library() -> Any:
    """What draws and judges. UsageError where the extra is not installed."""
    try:
        import schemathesis  # noqa: PLC0415 - an extra
    except ImportError as error:
        what = "what an OpenAPI document describes is tried by schemathesis, which is not installed"
        raise UsageError(what, todo="pip install 'pytest-rivta[rest]'") from error
    return schemathesis


@lru_cache(maxsize=8)
def read(path: Path) -> Description:
    """The document in a file, YAML or JSON. UsageError where it is none, or describes nothing."""
    try:
        document = yaml.load(contents(path), LOADER)  # noqa: S506  # CSafeLoader is safe
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}", todo="check the path") from error
    except (ValueError, yaml.YAMLError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        said = f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark and problem else str(error)
        raise _no_document(path, said) from error
    if not isinstance(document, dict) or not {"openapi", "swagger"} & document.keys():
        raise _no_document(path, "it has neither openapi: nor swagger:")
    if elsewhere := next((each for each in _references(document) if not each.startswith("#")), ""):
        raise _no_document(path, f"part of it stands in another file ({elsewhere}), and nothing is read from elsewhere")
    description = Description(path, document)
    if not description.operations:
        raise _no_document(path, "it has no operation under paths:")
    return description


def _references(document: object) -> Iterator[str]:
    """Every `$ref`. YAML may have one part in several places, which is looked at once."""
    left, seen = [document], set[int]()
    while left:
        part = left.pop()
        if id(part) in seen or not isinstance(part, dict | list):
            continue
        seen.add(id(part))
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            yield part["$ref"]
        left += part.values() if isinstance(part, dict) else part


def _no_document(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is no OpenAPI document: {why}", todo="give one, as YAML or JSON")


def _with(case: Case[Any], fixed: Mapping[str, str]) -> Case[Any]:
    """The request with the values that are known."""
    for part in (case.path_parameters, case.query):
        part.update({name: value for name, value in fixed.items() if name in part})
    return case


def _cases(operation: APIOperation[Any, Any, Any, Any], inputs: Inputs, number: int, seed: int) -> list[Case[Any]]:
    import hypothesis  # noqa: PLC0415 - comes with schemathesis
    from hypothesis.errors import Unsatisfiable  # noqa: PLC0415 - the same
    from schemathesis import GenerationMode  # noqa: PLC0415 - an extra

    found: list[Case[Any]] = []
    mode = GenerationMode.POSITIVE if inputs == "valid" else GenerationMode.NEGATIVE
    settings = hypothesis.settings(
        max_examples=number + _DRAWN_AT_MOST,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    @hypothesis.seed(seed)
    @settings
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def collect(case: Case[Any]) -> None:
        found.append(case)

    try:
        collect()
    except Unsatisfiable:  # there is nothing that the document forbids
        return []
    return [each for each in found if inputs == "valid" or _is_forbidden(each)]


def _is_forbidden(case: Case[Any]) -> bool:
    """Whether anything in the request is what the document forbids: the library draws right ones among the others."""
    return case.meta is not None and any(part.mode.is_negative for part in case.meta.components.values())


def _drawn(case: Case[Any]) -> DrawnRequest:
    import requests  # noqa: PLC0415 - comes with schemathesis

    words = case.as_transport_kwargs(base_url="http://service")
    known = ("method", "url", "headers", "params", "data", "json", "cookies", "files")
    prepared = requests.Request(**{name: words[name] for name in known if name in words}).prepare()
    body = prepared.body or b""
    headers = tuple((name, value) for name, value in prepared.headers.items() if name.lower() not in _OURS)
    return DrawnRequest(
        method=str(prepared.method),
        target=str(prepared.url).removeprefix("http://service"),
        headers=tuple((name, value if isinstance(value, str) else value.decode("latin-1")) for name, value in headers),
        body=body.encode() if isinstance(body, str) else cast("bytes", body),
        case=case,
    )


def _names_a_stranger(drawn: DrawnRequest, known: Iterable[str]) -> bool:
    """Whether it could be taken for a person who is no test person, and whom nobody has asked for."""
    said = (unquote(drawn.target), drawn.body.decode("utf-8", "replace"), *(value for _, value in drawn.headers))
    return any(identity.strangers(each, frozenset(known)) for each in said)


def _answer(drawn: DrawnRequest, exchange: Exchange) -> Any:
    import requests  # noqa: PLC0415 - comes with schemathesis
    import schemathesis  # noqa: PLC0415 - an extra

    assert exchange.response is not None  # noqa: S101 - who asks has seen to it
    headers: dict[str, list[str]] = {}
    for name, value in exchange.response.headers:
        headers.setdefault(name.lower(), []).append(value)
    request = requests.Request(
        drawn.method, exchange.url, headers=dict(drawn.headers), data=drawn.body or None
    ).prepare()
    return schemathesis.Response(
        status_code=exchange.status or 0,
        headers=headers,
        content=exchange.response.body,
        request=request,
        elapsed=exchange.elapsed_ms / 1000,
        verify=True,
    )
