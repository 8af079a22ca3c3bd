"""The form of a step: what may stand under `send`, `receive`, `watch`, `ask`, `handshake` and `explore`, and of what a message must show.

In a suite a case may be such a step itself; each of the functions here gives the keys of one of them.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from rivta.model.frozen import frozen
from rivta.text.yaml.grammar import (
    AnyData,
    Bilingual,
    Duration,
    Field,
    Forms,
    ListOf,
    MapOf,
    Named,
    OneOf,
    Record,
    Shape,
    Shorthand,
    String,
    Variant,
    Whole,
    YesNo,
)
from rivta.text.yaml.shape import BARE
from rivta.text.yaml.values import ANSWER, DATA


@frozen
class Parameter:
    """One key below a check. The `first` one may be written alone: `result: OK` is `result: {code: OK}`.

    `words` are the only ones that its text may be, where not any will do.
    """

    name: str
    shape: Literal["text", "whole", "yes/no", "expectations", "any"]
    required: bool = False
    first: bool = False
    doc: str = ""
    words: tuple[str, ...] = ()


@frozen
class CheckKind:
    """One kind of check: its name is the key in a suite, `doc` its entry in the manual.

    `of` says which messages of the system it can judge: its replies, its calls, or both.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    of: Literal["any", "replies", "calls"] = "any"


# The keys of a step

Told = Literal["send", "receive", "watch", "ask", "handshake", "explore"]
TOLD: tuple[Told, ...] = get_args(Told)
"""What a step does, each the key that tells it."""

IDS = ListOf(String())
WHEN = MapOf(String(), r"[A-Za-z][A-Za-z0-9_-]*", "the name of a fact")
"""Which call is meant: facts of the domain, or `address`, each with the text that it must have."""
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ACTION = String(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "an action’s name", "register-loan", also=({"type": "boolean"},))
_WITHOUT = Field(MapOf(String()), "checks that would run without being written and do not here, each with the reason")
_DO = Record(
    "thing to do",
    {
        "sv": Field(String(), "what the tester does, in Swedish", required=True),
        "en": Field(String(), "what the tester does, in English", required=True),
        "action": Field(_ACTION, "what it is to an adapter, which can make the system do it", required=True),
        "with": Field(DATA, "what the adapter needs for it"),
    },
    doc="What the system under test is made to do, by a person or by an adapter",
)
_ANSWER = Field(Named("answer", lambda: ANSWER), "how we answer; ok without it")


WRITING = Record(
    "way of writing",
    {
        "encoding": Field(
            OneOf(dict.fromkeys(("UTF-8", "UTF-16", "ISO-8859-1"), "")), "the encoding of its bytes; UTF-8 without it"
        ),
        "prolog": Field(
            String(r"none|[A-Za-z0-9._-]+", "an encoding, or none", "ISO-8859-1"),
            "what the XML declaration says instead of the encoding; none: there is no declaration",
        ),
        "byte-order-mark": Field(YesNo(), "whether a byte order mark comes first"),
        "prefixes": Field(OneOf({"none": "every namespace is a default one"}), "without prefixes on any element"),
        "forms": Field(YesNo(), "whether it has a comment, a text as CDATA and a letter as a character reference"),
        "header": Field(String(), "XML that is put into the SOAP header"),
        "namespace": Field(String(), "another namespace for the element in Body"),
        "doctype": Field(YesNo(), "whether it has a document type declaration"),
        "cut": Field(YesNo(), "whether its last end tag is missing"),
    },
    "A message that says the same in another way, or would if one thing about it were not so",
)


_VALUES = {
    "date": "${interval.start} and ${interval.end} (20260901; with -iso behind, 2026-09-01) are each date of the records in an earlier answer",
    "interval": "they are periods drawn by the run’s seed, between the first and the last of those dates",
    "before": "they are a period before the first of them",
    "page": "${page.reference} is what the answer before has for the next request to repeat, until it has none",
    "attempt": "nothing is: it is sent until an answer is as it is to be",
}
FOR_EACH = Shorthand(
    Record(
        "repetition",
        {
            "value": Field(OneOf(_VALUES), "what is another each time", required=True),
            "of": Field(Whole(positive=True), "the step whose answer has the dates, counted from 1; 1 without it"),
            "number": Field(Whole(positive=True), "how many times at most; 30 without it"),
            "until": Field(String(), "an XPath that is true of the answer which ends the attempts"),
            "apart": Field(Duration(), "how long after an answer the next attempt is made; at once without it"),
        },
        "A message that is sent several times",
    ),
    "value",
)


def send(expectation: Named) -> dict[str, Field]:
    """A message that we send."""
    return {
        "send": Field(String(), "the message template, relative to this file’s folder", required=True),
        "with": Field(DATA, "test data of this step, over the environment’s and the file’s own"),
        "change": Field(
            MapOf(AnyData()),
            "what an XPath over the envelope finds in the message, and the text that is to stand there",
        ),
        "leave-out": Field(ListOf(String()), "what to take away from the message, each an XPath over the envelope"),
        "written": Field(WRITING, "how the message is written that this template gives"),
        "twin": Field(
            DATA,
            "for a message that is refused: data over `with` that make it right, where leaving `with` out does not; "
            "`logical-address` there is another `to`",
        ),
        "filters": Field(
            IDS,
            "what of the contract’s records it asks by, as domain.yaml names it; the template’s other filters are left out",
        ),
        "for-each": Field(FOR_EACH, "with which values it is sent again and again"),
        "to": Field(String(), "the logical address; without it the endpoint’s"),
        "at": Field(String(), "the contract to whose endpoint it is sent; its own without it"),
        "headers": Field(
            MapOf(String(r"[^\r\n]*", blank=True, also=BARE), _HEADER_NAME, "a header name"),
            "HTTP headers, added or replaced",
        ),
        "without": _WITHOUT,
        "expect": Field(ListOf(expectation), "what the answer must show, beyond the checks of every case"),
    }


def receive(expectation: Named) -> dict[str, Field]:
    """A call that the system is to make."""
    return {
        "receive": Field(WHEN, "which call is meant, by facts of the domain or by address; {} is any", required=True),
        "do": Field(_DO, "what the system is made to do, unless the call follows by itself"),
        "to": Field(String(), "the logical address that it is made to call; without it whichever follows from `do`"),
        "answer": _ANSWER,
        "within": Field(Duration(), "how long we wait for the call; 5 min without it"),
        "without": _WITHOUT,
        "expect": Field(ListOf(expectation), "what the message received must show, beyond the checks of every message"),
        **capture("message received"),
    }


def watch(expectation: Named) -> dict[str, Field]:
    """What the system does next, over time."""
    return {
        "watch": Field(WHEN, "which calls are meant, by facts of the domain or by address; {} is any", required=True),
        "for": Field(Duration(), "how long we look, in the system’s own time", required=True),
        "most": Field(Whole(), "how many more such calls it may make; any number without it"),
        "apart": Field(Duration(), "the least time from our answer to its next call, in the system’s own time"),
        "grows": Field(YesNo(), "whether it is to wait longer and longer before each, from the case’s first call on"),
        "do": Field(_DO, "what the system is made to try meanwhile"),
        "answer": _ANSWER,
        "verifies": Field(IDS, "the requirements that what it does proves, in place of the case’s"),
        "without": _WITHOUT,
        "expect": Field(ListOf(expectation), "what each of these messages must show"),
    }


_LINK = Record(
    "link",
    {
        "address": Field(String(), "a pattern for what stands between https:// and a question mark", required=True),
        "method": Field(
            OneOf({"GET": "by its address", "POST": "by a form that is posted"}),
            "how it is followed (default: either way)",
        ),
        "parameters": Field(MapOf(String()), "what it must have: the name of a parameter → a pattern for its value"),
        "optional": Field(
            MapOf(String()), "what else it may have, in the same way (default: where nothing is named, anything)"
        ),
    },
)


def ask() -> dict[str, Field]:
    """What only who sits at the system can see."""
    return {
        "ask": Field(Bilingual(), "the question; yes is what a conforming system gives", required=True),
        "action": Field(_ACTION, "what the question is to an adapter, which may answer it", required=True),
        "with": Field(DATA, "what the adapter needs to answer it"),
        "verifies": Field(IDS, "the requirements that the answer proves, in place of the case’s"),
        "link": Field(_LINK, "that the answer has a link out of the system, and what that is to be"),
    }


CERTIFICATES = {
    "own": "ours, as the environment names it",
    "none": "none",
    "expired": "one whose time is over",
    "not-yet-valid": "one whose time has not come",
    "wrong-ca": "one of an authority that nobody knows",
    "wrong-host": "one for another host name",
    "no-hsa-id": "one without an HSA-id",
    "weak-key": "one with RSA 1024",
    "sha1": "one that is signed with SHA-1",
    "revoked": "one that its authority has revoked",
}
_SHOWS = {
    "chain": "certificates up to a root, with all between",
    "session": "that a second connection goes on with the session of the first",
    "hsa-id": "an HSA-id in the subject of its certificate",
    "path": "SOAP at an address that ends with the major version and the profile",
}
_HANDSHAKE = Record(
    "handshake",
    {
        "is": Field(OneOf({"accepted": "", "refused": ""}), "whether the connection is to come about", required=True),
        "certificate": Field(OneOf(CERTIFICATES), "what we show; our own without it"),
        "version": Field(
            OneOf(dict.fromkeys(("1.0", "1.1", "1.2", "1.3"), "")),
            "the only version of TLS that we speak; 1.2 and later without it",
        ),
        "shows": Field(OneOf(_SHOWS), "what the other side shows besides"),
    },
    "A connection over TLS that is tried, and what comes of it",
)


def handshake() -> dict[str, Field]:
    """A connection of ours to the system, or with `do` of the system to a port of ours."""
    return {
        "handshake": Field(_HANDSHAKE, "the connection, and whether it is to come about", required=True),
        "do": Field(_DO, "what the system is made to do, where it is the one that connects"),
        "within": Field(Duration(), "how long we wait for it then; 5 min without it"),
        "verifies": Field(IDS, "the requirements that it proves, in place of the case’s"),
    }


_INPUTS = {
    "valid": "what the document describes; the system is to take it",
    "invalid": "what the document forbids; the system is to refuse it",
}


def explore() -> dict[str, Field]:
    """Requests that are drawn from what an OpenAPI document says of an operation."""
    return {
        "explore": Field(
            String(),
            "the operation, as in GET /units/{id}: its method, and its path as the document has it",
            required=True,
        ),
        "inputs": Field(OneOf(_INPUTS), "which requests", required=True),
        "calls": Field(Whole(positive=True), "how many are sent at most; 10 without it"),
        "with": Field(DATA, "values that parameters have in each of them, by name"),
    }


def capture(where: str) -> dict[str, Field]:
    """Names that later steps may use."""
    names = MapOf(String(), r"[A-Za-z0-9_-]+", "a name of letters, digits, - and _")
    return {"capture": Field(names, f"names for later steps, each an XPath into the {where}")}


def expectation(vocabulary: Mapping[str, CheckKind]) -> Named:
    """One expectation: a kind of check, what it wants, and perhaps the requirements that it alone proves."""
    narrowed = Field(IDS, "the requirements that this expectation proves, in place of the case’s")

    this = Named("expectation", lambda: whole)
    records = {
        kind.name: Record(
            "expectation", {kind.name: Field(_arguments(kind, this), _sentence(kind.doc)), "verifies": narrowed}
        )
        for kind in vocabulary.values()
    }
    whole = Variant("expectation", records)
    return this


def _sentence(doc: str) -> str:
    return " ".join(doc.split("\n\n", maxsplit=1)[0].split())


def _arguments(kind: CheckKind, expectation: Named) -> Shape[object]:
    fields = {one.name: Field(_value(one, expectation), one.doc, required=one.required) for one in kind.parameters}
    record = Record(f"{kind.name} check", fields)
    first = next((one.name for one in kind.parameters if one.first), None)
    return Shorthand(record, first) if first else record


def _value(parameter: Parameter, expectation: Named) -> Shape[object]:
    match parameter.shape:
        case "text" if parameter.words:
            return OneOf(dict.fromkeys(parameter.words, ""))
        case "text":
            return String(blank=True)
        case "whole":
            return Whole()
        case "yes/no":
            return YesNo()
        case "expectations":
            return ListOf(Forms(ListOf(expectation, some=True), expectation), some=True)
        case "any":
            return AnyData()
