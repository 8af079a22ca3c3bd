"""The expressions of a suite, held against the schemas: a name that no message can have would never be found, nor be missed."""

from collections.abc import Iterator
from dataclasses import replace

from rivta.contract.declarations import declared, undeclared, undeclared_alone
from rivta.model.case import Suite
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.steps import Expectation, Receive, Send, Step, WithoutContract
from rivta.model.words import Source
from rivta.suite import EXPRESSIONS
from rivta.text.yaml.grammar import Found, settle


def refuse_undeclared(suite: Suite) -> None:
    """UsageError, or Mistakes with all of them, where a case looks for an element or attribute that its contract does not have.

    Names of namespaces in which the contract declares nothing, such as extensions, are let through: they are not its to say. So is a
    name alone, `local-name() = '…'`, that says its namespace beside it.
    """
    known = {id_: declared(each) for domain in suite.domains for id_, each in domain.contracts.items()}
    everywhere = frozenset().union(*known.values())
    spaces = {namespace for namespace, _ in everywhere}
    found = Found()
    for case in suite.cases:
        contracts = {step.contract for step in case.steps if not isinstance(step, WithoutContract)}
        names = frozenset().union(*(known[each] for each in contracts if each in known))
        for source, xpath in (each for step in case.steps for each in _expressions(step)):
            for shown, namespace, local in undeclared(xpath, suite.namespaces, names):
                if namespace in spaces:
                    near = did_you_mean(local, {name for space, name in names if space == namespace})
                    found.append(_lacking(shown, source, near))
        for source, xpath in (
            each for step in case.steps for each in _expected(step)
        ):  # a capture that finds nothing fails
            for local in undeclared_alone(xpath, names):
                found.append(_lacking(local, source, did_you_mean(local, {name for _, name in names})))
    settle(found)


def _lacking(shown: str, source: Source, near: str) -> UsageError:
    return UsageError(f"no schema of the contract declares {shown}", source=_placed(source, shown), todo=near)


def _expressions(step: Step) -> Iterator[tuple[Source, str]]:
    yield from _expected(step)
    if isinstance(step, Send | Receive):
        yield from ((step.source, xpath) for xpath in step.capture.values())


def _expected(step: Step) -> Iterator[tuple[Source, str]]:
    return (each for expected in step.expect for each in _of_expectation(expected))


def _of_expectation(expected: Expectation) -> Iterator[tuple[Source, str]]:
    for name, value in expected.args.items():
        if name in EXPRESSIONS:
            yield from ((expected.source, xpath) for xpath in _texts(value))
        elif isinstance(value, tuple):
            for part in value:
                for each in part if isinstance(part, tuple) else (part,):
                    yield from _of_expectation(each) if isinstance(each, Expectation) else ()


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | tuple():
            yield from (text for each in value for text in _texts(each))
        case dict():
            yield from (text for each in value.values() for text in _texts(each))


def _placed(source: Source, name: str) -> Source:
    at = source.text.find(name)
    return source if at < 0 else replace(source, column=at + 1)
