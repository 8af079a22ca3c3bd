"""A step in which requests are drawn from what an OpenAPI document says of an operation, and the answers held against it.

What is drawn is the same for the same seed, so that a recording can be judged anew. Each property of the answers is a check of its own,
which fails with the first answer that lacks it and says how many do.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from rivta.check import before_the_service, is_page, is_redirect
from rivta.contract import openapi
from rivta.contract.openapi import DrawnRequest
from rivta.model.exchange import Exchange, Problem
from rivta.model.frozen import frozen
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Explore
from rivta.model.words import Blame, Verdict
from rivta.run import filling
from rivta.run.filling import NotSent, only_test_persons
from rivta.run.play import Play
from rivta.run.sending import VERDICT_BY_BLAME
from rivta.run.stage import Ran
from rivta.text.catalogue import text

_DONE = range(200, 300)
_SHOWN = 3
"""Answers without a property that are told one by one."""
Breaches = Sequence[tuple[str, str]]
"""Each property that an answer does not have, with what is wrong."""


def explore(step: Explore, play: Play) -> Ran:
    """Play the step. Raises `NotSent` where the environment does not say where the service is."""
    domain, environment = play.stage.suite.domain, play.stage.environment
    api = environment.apis.get(domain.name)
    if api is None or domain.openapi is None:
        raise NotSent(text("run", "no_api", domain=domain.name), text("run", "apis_todo", domain=domain.name))
    known = {name: str(value) for name, value in filling.data(step.data, play.scope()).items()}
    only_test_persons(" ".join(known.values()), environment)
    described = openapi.read(domain.openapi.path)
    drawn = described.draw(step.operation, step.inputs, step.calls, play.stage.seed, known)
    answers: list[tuple[DrawnRequest, Exchange]] = []
    breaches: list[Breaches] = []
    for each in drawn:
        headers = (*environment.headers.items(), *api.headers.items(), *each.headers)
        exchange = play.stage.peer.send(api.url + each.target, headers, each.body, play.case.contract, each.method)
        answers.append((each, play.placed(exchange)))
        breaches.append([*described.breaches(each, step.inputs, exchange)] if exchange.response else [])
        if problem := in_front(exchange, {name for name, _ in breaches[-1]}):
            made = tuple(exchange for _, exchange in answers)
            verifies = tuple(dict.fromkeys((*play.case.verifies, *play.stage.suite.unwritten(step).values())))
            at = len(play.exchanges) + len(made) - 1
            verdict, findings = VERDICT_BY_BLAME[problem.blame], (Finding(problem.text),)
            return Ran(play.number, made, (play.check("reply", verdict, verifies, step, at, findings=findings),))
    judging = _Judging(step, play)
    return Ran(play.number, tuple(exchange for _, exchange in answers), tuple(judging.checks(answers, breaches)))


def in_front(exchange: Exchange, lacks: AbstractSet[str] = frozenset()) -> Problem | None:
    """What kept an answer of the service from us; None where the service answered. `lacks` are the properties that the answer does not have:
    a redirect, or a page for people, that the document knows of is the service's own.
    """
    status, answer = exchange.status or 0, exchange.response
    if exchange.problem is not None or answer is None:
        return exchange.problem
    kind = before_the_service(status)
    if is_redirect(status) and "documented-status" in lacks:
        kind = "redirected"
    elif status in _DONE and "documented-type" in lacks and is_page(answer):
        kind = "page"
    return Problem(kind, text("run", "api_in_front", status=status), Blame.ENVIRONMENT) if kind else None


@frozen
class _Judging:
    step: Explore
    play: Play

    def checks(
        self, answers: Sequence[tuple[DrawnRequest, Exchange]], breaches: Sequence[Breaches]
    ) -> Iterator[CheckResult]:
        for name, id_ in self.play.stage.suite.unwritten(self.step).items():
            lacking = [at for at, found in enumerate(breaches) if any(each == name for each, _ in found)]
            verdict, verifies = Verdict.FAILED if lacking else Verdict.PASSED, (*self.play.case.verifies, id_)
            at = len(self.play.exchanges) + (lacking[0] if lacking else max(len(answers) - 1, 0))
            expected, actual = f"{len(answers)}", f"{len(answers) - len(lacking)}"
            findings = tuple(self._finding(answers[each], breaches[each], name) for each in lacking[:_SHOWN])
            told = {"expected": expected, "actual": actual, "findings": findings}
            yield self._shown(self.play.check(name, verdict, verifies, self.step, at, **told), answers)

    def _finding(self, answer: tuple[DrawnRequest, Exchange], found: Breaches, name: str) -> Finding:
        drawn, exchange = answer
        why = next(said for each, said in found if each == name)
        told = text(
            "run", f"lacks_{name.replace('-', '_')}", request=f"{drawn.method} {drawn.target}", status=exchange.status
        )
        return Finding(told, expected=name, actual=why)

    def _shown(self, check: CheckResult, answers: Sequence[tuple[DrawnRequest, Exchange]]) -> CheckResult:
        """Nothing is proven where nothing could be asked, and nothing of a body where none came."""
        if not answers:
            inputs = text("run", f"inputs_{self.step.inputs}")
            why = text("run", "nothing_drawn", operation=self.step.operation, inputs=inputs)
            return replace(check, verdict=Verdict.NOT_APPLICABLE, verifies=(), note=why)
        has_body = any(each.response and each.response.body and each.status in _DONE for _, each in answers)
        if check.kind == "body-by-schema" and check.verdict is Verdict.PASSED and not has_body:
            return replace(check, verdict=Verdict.NOT_APPLICABLE, verifies=(), note=text("run", "no_body_came"))
        return check
