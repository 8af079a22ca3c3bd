"""The steps of a case: what is sent, received, watched, asked, tried or explored, and what is expected of it."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import product
from pathlib import Path
from typing import Literal

from rivta.model.frozen import frozen
from rivta.model.words import Source, Text, Value


@frozen
class Expectation:
    """One thing a case expects: a kind of check and its arguments. `verifies` narrows the case's own list when not empty."""

    kind: str
    args: Mapping[str, object]
    source: Source
    verifies: tuple[str, ...] = ()


@frozen
class Writing:
    """How a message is written that says the same as its template, or would if one thing about it were not so.

    `encoding` is that of its bytes, `prolog` what the XML declaration says instead of it, or `none` for no declaration. With
    `prefixes` none every namespace is a default one; `forms` writes a text as CDATA, a letter as a reference and a comment
    beside them. `header` is XML put into the SOAP header, `namespace` another one for the element in Body. A `doctype` is put
    before it; `cut` leaves the last end tag out.
    """

    encoding: Literal["UTF-8", "UTF-16", "ISO-8859-1"] = "UTF-8"
    prolog: str = ""
    byte_order_mark: bool = False
    prefixes: Literal["", "none"] = ""
    forms: bool = False
    header: str = ""
    namespace: str = ""
    doctype: bool = False
    cut: bool = False


@frozen
class Edit:
    """One change of a message that is otherwise as it was written.

    `at` is the element's path below the message's root, in ElementTree's notation (`{namespace}local[2]/…`, `.` for the root
    itself); `attribute`, if any, is the one of its attributes that is meant. `do` says what becomes of it:

    - `text`: it has the text `value` and nothing else
    - `length`: its own text, cut or filled out with its last letter to `value` characters
    - `remove`: it is gone
    - `repeat`: it is there `value` times more, right after itself
    - `swap`: it changes places with the element after it
    - `rename`: it is called `value`, `{namespace}local`
    - `nil`: it is empty, and says so by xsi:nil
    - `put`: the XML `value` stands in it, before its child number `before`, counted from 0
    """

    do: Literal["text", "length", "remove", "repeat", "swap", "rename", "nil", "put"]
    at: str
    value: str = ""
    attribute: str = ""
    before: int = 0


@frozen
class Repetition:
    """That a message is sent several times, and which values it has each time.

    - `date`: each date that the records have in the answer of an earlier step (`of`, counted from 1), `number` of them at most
    - `interval`: so many periods, drawn by the run's seed, between the first and the last of these dates
    - `before`: one period, before the first of them
    - `page`: what an answer says that the next request is to repeat, until one says nothing of it
    - `attempt`: the same, `apart` seconds after each answer, until of one the XPath `until` is true
    """

    value: Literal["date", "interval", "before", "page", "attempt"]
    of: int = 1
    number: int = 30
    until: str = ""
    apart: float = 0


@frozen
class Send:
    """One message to send, and what is expected of the answer.

    `contract` is the identity of the contract called, `at` of that at whose endpoint it is sent, if another. `data` is the step's own test data, over the suite's and the
    environment's. `to` overrides the endpoint's logical address. `capture` maps a name to an XPath in the response.
    `off` names the checks that every case runs and this one does not, with the reason. `change` gives what an XPath finds in
    the message another text, `leave_out` takes away what it finds. `writing` is how it is written then. `twin` is data over the step's own that make the message
    right, for one that is refused; None where it follows from the step. `edits` are made in the message at last, `right` in its
    twin in their place; `proves` are the requirements that the twin's acceptance proves besides: without any it only shows
    that the refusal was one.
    """

    contract: str
    template: Path
    data: Mapping[str, Value]
    expect: tuple[Expectation, ...]
    source: Source
    to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    capture: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    change: Mapping[str, Value] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    writing: Writing | None = None
    twin: Mapping[str, Value] | None = None
    edits: tuple[Edit, ...] = ()
    right: tuple[Edit, ...] = ()
    proves: tuple[str, ...] = ()
    filters: tuple[str, ...] | None = None
    """What of the contract's `records` it asks by: the template's other filters are left out. None: it asks as its template does."""
    for_each: Repetition | None = None
    at: str = ""


@frozen
class Doing:
    """What the system under test is to do now: in words for a person, as an action with data for an adapter."""

    text: Text
    action: str
    data: Mapping[str, Value] = field(default_factory=dict)


AnswerKind = Literal[
    "ok",
    "empty",
    "info",
    "error",
    "fault",
    "platform",
    "http",
    "html",
    "invalid-xml",
    "breaks-schema",
    "silence",
    "reset",
    "message",
]
"""How a call is answered, in a word of a suite or an environment."""


@frozen
class Behaviour:
    """How the counterpart answers a call.

    `error` and `sub` say which `error`, in the words of the contract's result. `code` is the faultcode of a `fault` (Client, Server) or the
    platform's own code (VP001 to VP016) of a `platform` fault, the status of an `http` answer, which has no body. `delay_ms` passes before the answer is given. `silence`
    never answers, `reset` breaks the connection, `html` is HTTP 500 with a page. A reading contract is answered with the records
    that are asked for, `most` of them at a time where that is not 0; `empty` has none. `processing` is how an aggregating service
    says, in the SOAP header, that the answer came to be, empty for no such header. With `header_names` lower, those of its HTTP headers
    are written so. A `message` is a template filled in with
    `data` over the case's own, and then it is `text`, but for `${call.NAME}`, which is a fact of the call that is answered.
    """

    kind: AnswerKind = "ok"
    error: str = ""
    sub: str = ""
    code: str = ""
    text: str = ""
    delay_ms: int = 0
    most: int = 0
    processing: str = ""
    header_names: Literal["", "lower"] = ""
    template: Path | None = None
    data: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @property
    def follows(self) -> bool:
        """Whether it is another for each call, by what that asks for."""
        return "${call." in self.text


@frozen
class Matcher:
    """Which call a step waits for, its placeholders filled in, and how it is to be answered.

    `when` is by `address` (the logical address) or fact, as in `Receive`. `repeatedly`: every call that fits, until the waiting
    ends. `since` (monotonic seconds): a call that came earlier but after this, and that nobody took, is taken too, if it was
    answered in the wanted way.
    """

    contract: str
    when: Mapping[str, str]
    answer: Behaviour
    since: float
    repeatedly: bool = False


ADDRESS = "address"
"""What a `when` calls the logical address, beside the domain's facts."""
Difference = tuple[str, str, str]
"""What tells a call from the one that is meant: the name of it, the text wanted and the text seen."""


def differences(when: Mapping[str, str], address: str, facts: Mapping[str, str]) -> list[Difference]:
    """What tells a call to an address, known by these facts, from the one that is meant. Addresses are alike whatever their case."""
    seen = {**facts, ADDRESS: address}
    found = ((name, wanted, seen.get(name, "")) for name, wanted in when.items())
    return [each for each in found if not _is_alike(*each)]


def may_be_one(one: Matcher, other: Matcher) -> bool:
    """Whether a call may be meant by both: nothing that both are known by tells them apart. No contract means any."""
    is_same = "" in (one.contract, other.contract) or one.contract == other.contract
    return is_same and all(_is_alike(name, text, other.when.get(name, text)) for name, text in one.when.items())


def are_apart(one: Iterable[Matcher], other: Iterable[Matcher]) -> bool:
    """Whether no call can be meant by both sides, as far as what they wait for is known beforehand."""
    return not any(may_be_one(mine, its) for mine, its in product(one, other))


def _is_alike(name: str, wanted: str, seen: str) -> bool:
    return wanted == seen or (name == ADDRESS and wanted.lower() == seen.lower())


@frozen
class Receive:
    """A call that the system under test is to make, how we answer it, and what is expected of its message.

    `when` says which call is meant: `address` (the logical address) or one of the domain's facts, each with the text that
    it must have. `do` is None where the call follows by itself from what was done before. `within` is how long we wait, in
    seconds. `capture` maps a name to an XPath in the message received.
    """

    contract: str
    when: Mapping[str, str]
    do: Doing | None
    answer: Behaviour
    within: float
    expect: tuple[Expectation, ...]
    source: Source
    capture: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)
    """Test data of this step: of the state that a table's cell is in."""


@frozen
class Watch:
    """What the system does next, over time: how many more calls of this kind it makes, and how far apart.

    `seconds` is how long we look, `apart` the least time between our answer and the next call; both in the system's own
    time, which the environment may compress by a factor. `most` is how many more calls are allowed, None any number, and `least` how many are to come for anything to be shown. Where it
    `grows` the system is to wait longer and longer before each, from the case's first call on. `do`, if any, is tried by the system meanwhile.
    """

    contract: str
    when: Mapping[str, str]
    seconds: float
    most: int | None
    apart: float | None
    answer: Behaviour
    source: Source
    do: Doing | None = None
    grows: bool = False
    least: int = 0
    expect: tuple[Expectation, ...] = ()
    verifies: tuple[str, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)
    """Test data of this step, as for `Receive`."""


@frozen
class Link:
    """What a link out of the system is to be. It is always over HTTPS, encoded in UTF-8, and has no person's number in its address.

    `address` is a pattern (a Python regular expression, for the whole) for what stands between `https://` and a question mark.
    `parameters` are those that it must have and `optional` others that it may have, each name with a pattern for its value; where both
    are empty it may have any. An empty `method` is either of the two.
    """

    address: str
    method: Literal["", "GET", "POST"] = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)


@frozen
class Ask:
    """Something that only who sits at the system can see. Answered yes, no or not applicable, with a name and a note, and where `link`
    says what one is to be, with the link.
    """

    text: Text
    action: str
    source: Source
    data: Mapping[str, Value] = field(default_factory=dict)
    verifies: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)
    link: Link | None = None


@frozen
class Handshake:
    """A connection over TLS that is tried, with no contract's message, and whether it is to come about.

    In a case of a producer we connect; in one of a consumer the system is made to by `do`, to a port of its own. `certificate` is what we show:
    our own, none, or a test certificate by name. `version` is the only one of TLS that we speak, empty for 1.2 and later. `shows` is what
    else is to be seen of a connection that comes about: the other side's whole `chain`, that a `session` is gone on with, the other
    side's HSA-id, or an answer on the profile's `path`.
    """

    outcome: Literal["accepted", "refused"]
    certificate: str
    version: Literal["", "1.0", "1.1", "1.2", "1.3"]
    shows: Literal["", "chain", "session", "hsa-id", "path"]
    do: Doing | None
    within: float
    source: Source
    verifies: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)


Inputs = Literal["valid", "invalid"]
PROPERTIES: Mapping[str, frozenset[Inputs]] = {
    **dict.fromkeys(
        ("no-server-error", "documented-status", "documented-type", "documented-headers", "body-by-schema"),
        frozenset[Inputs](("valid", "invalid")),
    ),
    "accepts-valid": frozenset[Inputs](("valid",)),
    "refuses-invalid": frozenset[Inputs](("invalid",)),
}
"""What an answer to an explored operation is held against → the requests that can show it."""


@frozen
class Explore:
    """Requests to one operation of the domain's OpenAPI document (`GET /units/{id}`), drawn from what the document says of it.

    `inputs` are such as it describes, or such as it forbids. `calls` is how many are sent at most. `data` are values that parameters have in
    each of them, by name. `properties` are what the answers are held against, of which each proves what the domain says.
    """

    operation: str
    inputs: Inputs
    calls: int
    properties: tuple[str, ...]
    source: Source
    data: Mapping[str, Value] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)


WithoutContract = Ask | Handshake | Explore
"""Steps that have no contract's message."""
Step = Send | Receive | Watch | WithoutContract
