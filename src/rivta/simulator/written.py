"""What `reference.yaml` and `faults.yaml` are both written in: XPath, edits, refusals; read, and held against the domain."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lxml import etree

from rivta.model.contracts import Contracts
from rivta.model.domain import Domain
from rivta.model.errors import did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.simulator import handshake as passes
from rivta.simulator.answered import EVERY, Resends
from rivta.simulator.edit import OPERATIONS, REGULAR, PayloadEdit, XPath, fragment, without_names
from rivta.simulator.reply import APPLICATION_ERROR, VALIDATION_ERROR, Refusal
from rivta.text.xml import NAMESPACES
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Entry, OneOf
from rivta.text.yaml.shape import Found
from rivta.text.yaml.tree import Node, YamlScalar
from rivta.text.yaml.values import check_xpath

FORM: Final = FormFile(Path(__file__).with_name("form.yaml"), passed=OneOf(dict.fromkeys(sorted(passes.EVERY), "")))
_ERRORS: Final = (APPLICATION_ERROR, VALIDATION_ERROR, "fault")


@frozen
class Written:
    """A file about a domain, and the mistakes that are found in it."""

    domain: Domain
    found: Found

    def expression(self, entry: Entry, key: str, otherwise: str = "false()") -> XPath:
        """The XPath under a key; `otherwise` where there is none, or, with a mistake, none that can be evaluated."""
        expression = self.xpath(entry[key], entry.node_of(key)) if key in entry else None
        return expression or XPath(otherwise)

    def xpath(self, text: str, node: Node) -> XPath | None:
        """The XPath that stands there; None, and a mistake, when it is none."""
        namespaces, before = {**NAMESPACES, **self.domain.namespaces}, len(self.found)
        if isinstance(node, YamlScalar):
            check_xpath(without_names(text), node, {**namespaces, "re": REGULAR}, self.found)
        return XPath(text, namespaces) if len(self.found) == before else None

    def edits(self, entry: Entry, key: str) -> Iterator[PayloadEdit]:
        for each, _ in entry.items_of(key):
            what = next(name for name in OPERATIONS if name in each)
            self._demand_xml(what, each)
            by = self.expression(each, "by") if "by" in each else None
            yield PayloadEdit(what, self.expression(each, what), each.get("to", ""), by)

    def refusal(self, entry: Entry) -> Refusal:
        error = entry.get("error", APPLICATION_ERROR)
        if error not in _ERRORS:
            results = [each.result for each in self.domain.contracts.values() if each.result]
            words = [*_ERRORS, *(word for result in results for word in (*result.codes, *result.errors))]
            self.known(error, dict.fromkeys(words), "result with the word", entry.source_of("error"))
        when, code = self.expression(entry, "when", "true()"), "" if error == "fault" else error
        told = {key: entry[key] for key in ("text", "name", "status") if key in entry}
        return Refusal(when, code, entry.get("sub-code", ""), **told)

    def resends(self, entry: Entry) -> Mapping[str, Resends]:
        written = entry.get("resend", {})
        for word in written:
            if word not in EVERY:
                self.found.say(f"no answer is called “{word}”", written.key_source(word), did_you_mean(word, EVERY))
        return {word: Resends(each["most"], each["after"]) for word, each in written.items()}

    def known(self, name: str, known: Mapping[str, Any], what: str, source: Source) -> None:
        """A mistake unless that is the name of one of those."""
        if name not in known:
            sentence = f"{self.domain.name} has no {what} “{name}”"
            self.found.say(sentence, source, did_you_mean(name, _words(known)))

    def _demand_xml(self, what: str, entry: Entry) -> None:
        if what not in {"insert", "append"}:
            return
        try:
            fragment(entry.get("to", ""), {**NAMESPACES, **self.domain.namespaces})
        except (etree.XMLSyntaxError, IndexError):
            source = entry.source_of("to" if "to" in entry else what)
            todo = "write one element; its prefixes are those of domain.yaml"
            self.found.say("“to” is no XML element here", source, todo)


def _words(known: Mapping[str, Any]) -> Iterable[str]:
    """What people call what is known: contracts by their shortest words, everything else by its name."""
    return map(known.shown, known) if isinstance(known, Contracts) else known
