"""What the report shows of a case: its checks, what they found, and its exchanges."""

from dataclasses import dataclass

from markupsafe import Markup

from rivta.model.words import Headers
from rivta.report.bodies import BodyUse, Link
from rivta.report.sequence import SequenceView
from rivta.report.voice import State


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding, the lines where it shows, and links to them."""

    anchor: str
    heading: str
    message: str
    place: str
    rule: str
    expected: str
    actual: str
    links: tuple[Link, ...]
    excerpt: Markup | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check of a case."""

    anchor: str
    name: str
    step: str
    state: State
    expected: str
    actual: str
    note: str
    by: str
    written: str
    requirements: tuple[Link, ...]
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class MessageView:
    """One of an exchange's two messages."""

    heading: str
    headers: Headers
    body: BodyUse


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One call. `opening` are the first lines of the system's own message, where the case shows no lines of it as findings.

    A call that was waited for and never came has no request. `no_response` says that there is no answer, where there is none.
    """

    anchor: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    tls: str
    problem_heading: str
    problem: str
    request: MessageView | None
    response: MessageView | None
    no_response: str
    opens: str
    opening: Markup | None
    is_inbound: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case. `is_red` unfolds it."""

    anchor: str
    id: str
    title: str
    state: State
    is_red: bool
    reason: str
    facts: tuple[tuple[str, str], ...]
    requirements: tuple[Link, ...]
    evidence: str
    caption: str
    sequence: SequenceView | None
    checks: tuple[CheckView, ...]
    exchanges: tuple[ExchangeView, ...]

    @property
    def unmet(self) -> tuple[CheckView, ...]:
        """The checks that need attention: all that did not pass."""
        return tuple(check for check in self.checks if check.state.key != "passed")

    @property
    def met(self) -> tuple[CheckView, ...]:
        """The checks that passed."""
        return tuple(check for check in self.checks if check.state.key == "passed")

    @property
    def findings(self) -> tuple[FindingView, ...]:
        """All findings of the case."""
        return tuple(finding for check in self.checks for finding in check.findings)


@dataclass(frozen=True, slots=True)
class SuiteView:
    """The cases of one suite file."""

    anchor: str
    heading: str
    path: str
    cases: tuple[CaseView, ...]
