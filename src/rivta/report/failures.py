"""What a run shows the system to deviate from, one by one, for the formats that list problems: SARIF and annotations."""

from collections.abc import Iterator
from dataclasses import replace

from rivta.declaration.deviations import shown_by
from rivta.model.declaration import Declaration, KnownDeviation, SortedDeviations
from rivta.model.domain import Requirement
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult, Finding
from rivta.model.words import Lang, Level, Source
from rivta.report.material import shown
from rivta.report.voice import Voice

_TOLD = 3
"""How many findings of one check are put into words; the report has them all."""


@frozen
class Failure:
    """A requirement that one check of one case shows the system to deviate from.

    No check: the answer could not be read. No requirement: the check verifies none. `known` is the decision on it, if any,
    and `is_overdue` that its date is past.
    """

    result: CaseResult
    check: CheckResult | None
    requirement: Requirement | None
    known: KnownDeviation | None
    is_overdue: bool = False
    repository: str = ""

    @property
    def is_excused(self) -> bool:
        """Whether it was decided that it may stand, and still may."""
        return self.known is not None and self.known.kind != "stopping" and not self.is_overdue

    @property
    def source(self) -> Source:
        """The line of YAML that was not met: the expectation, or the case where that is shared with others."""
        written = self.check.source if self.check else None
        return self.placed(self.result.source if written is None or self.shared else written)

    @property
    def shared(self) -> Source | None:
        """The line of the expectation, where several cases have it in common."""
        written = self.check.source if self.check else None
        return self.placed(written) if written and self.result.shares(written) else None

    def placed(self, source: Source) -> Source:
        """The place with its path from the repository's root, where it lies in one: so a code host shows it."""
        path = source.path.replace("\\", "/")
        root = self.repository.replace("\\", "/").rstrip("/") + "/"
        return replace(source, path=path.removeprefix(root)) if self.repository else source

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.check.findings if self.check else ()


def of(declaration: Declaration) -> Iterator[Failure]:
    # A requirement's id may stand in several domains, so a case is looked up in its own.
    requirements = {
        (domain.name, requirement.id): requirement
        for domain in declaration.run.header.domains
        for requirement in domain.requirements
    }
    deviations = declaration.deviations or SortedDeviations((), ())
    for result in declaration.run.counted:
        for check, id_ in shown_by(result):
            known, requirement = deviations.behind(result.key, id_), requirements.get((result.domain, id_))
            is_overdue = known in deviations.overdue
            yield Failure(result, check, requirement, known, is_overdue, declaration.run.header.repository)


def sentence(failure: Failure, lang: Lang) -> str:
    """A failure in words: the case, the check, what was expected and what there was."""
    voice, check = Voice(lang), failure.check
    opening = f"{failure.result.key} {failure.result.title.in_(lang)}"
    if check is None:
        return f"{opening}: {failure.result.reason.in_(lang)}" if failure.result.reason else opening
    lines = [_finding(finding, voice) for finding in failure.findings[:_TOLD]]
    if len(failure.findings) > _TOLD:
        lines.append(voice.say("failure_more", n=len(failure.findings) - _TOLD))
    told = lines or [_expected(check.expected, check.actual, voice)]
    return "\n".join((f"{opening}, {voice.check(check.kind)}:", *told))


def _finding(finding: Finding, voice: Voice) -> str:
    rule = f"[{finding.rule}]" if finding.rule else ""
    place = f"({finding.location})" if finding.location else ""
    said = (voice.text(finding.message), _expected(finding.expected, finding.actual, voice), rule, place)
    return " ".join(filter(None, said))


def _expected(expected: str, actual: str, voice: Voice) -> str:
    if not expected:
        return actual
    return voice.say("failure_expected_got" if actual else "failure_expected", expected=expected, actual=actual)


def kind_word(known: KnownDeviation, lang: Lang) -> str:
    """The process's class of a deviation, in a word."""
    return Voice(lang).words[f"decision_{known.kind.replace('-', '_')}"]


def decision(known: KnownDeviation, lang: Lang) -> str:
    voice = Voice(lang)
    until = voice.say("decision_until", day=known.fix_by) if known.fix_by else ""
    facts = ", ".join(filter(None, (kind_word(known, lang), known.reference, until)))
    return voice.say("decision", id=known.id, facts=facts, rationale=known.rationale)


# The same as annotations of a code host: a line each, as it reads them from a log


_COMMANDS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "notice"}
_ORDER = [*_COMMANDS.values()]


def render(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """One workflow command a line, in UTF-8. A known deviation is a notice. Give it the run as it was read: it masks."""
    ordered = sorted(of(shown(declaration)), key=lambda each: _ORDER.index(_command(each)))
    lines = dict.fromkeys(_line(each, lang) for each in ordered)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _command(failure: Failure) -> str:
    if failure.is_excused:
        return "notice"
    return _COMMANDS[failure.requirement.level if failure.requirement else Level.MUST]


def _line(failure: Failure, lang: Lang) -> str:
    source = failure.source
    title = failure.requirement.id if failure.requirement else failure.result.key
    path = source.path.replace("\\", "/")
    properties = {"file": path, "line": str(source.line), "col": str(source.column), "title": title}
    escaped = {name: _data(value).replace(":", "%3A").replace(",", "%2C") for name, value in properties.items()}
    written = ",".join(f"{name}={value}" for name, value in escaped.items())
    return f"::{_command(failure)} {written}::{_data(_message(failure, lang))}"


def _message(failure: Failure, lang: Lang) -> str:
    parts = [sentence(failure, lang)]
    if failure.requirement:
        parts.append(f"{failure.requirement.text.in_(lang)} ({failure.requirement.reference})")
    if failure.known:
        parts.append(decision(failure.known, lang))
    return "\n".join(parts)


def _data(text: str) -> str:
    """A message as the runner reads it: https://github.com/actions/toolkit, core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
