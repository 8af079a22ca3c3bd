"""Steps that are messages: what is sent, what is waited for, what a person is asked, and what goes from one message into another."""

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from rivta.contract.declarations import Declarations
from rivta.contract.schema import carried_by
from rivta.importer.carried import Carried, Sent, addressed, assertions
from rivta.importer.contracts import ImportedContract
from rivta.importer.groovy import Unsupported
from rivta.importer.project import SoapUiStep
from rivta.importer.values import ALWAYS, MESSAGES, Values, named_in, place
from rivta.model.errors import Unreadable
from rivta.text.xml import parse

_MOCKED = "x-mock-response"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_EMPTY = f"//*[namespace-uri() != '{_SOAP}' and not(@* or *) and normalize-space() = '']"
"""What SoapUI takes out of a message where it is told to remove what is empty (RemoveEmptyContentRequestFilter)."""

_BINARY = {"base64Binary", "hexBinary"}
_CONTENT = "AAAA"
"""What both of these types allow."""
PLACED = "content stands in the place of {} that stood for attachments"


def with_content(text: str, contract: ImportedContract) -> tuple[str, int]:
    """A message with content where its schema wants it and `cid:` or `file:` stands for an attachment; and how often that was so.

    SoapUI writes such a text into a message that it makes, sends it as it stands where nothing is attached (AttachmentUtils.prepareMessagePart),
    and has nothing against it (WsdlValidator.validateMessage). Nobody else takes it for base64.
    """
    try:
        root = parse(text.encode(), is_message=False) if re.search(r">\s*(cid|file):", text) else None
    except Unreadable:
        root = None
    placed = [] if root is None else [*_placed(root, contract)]
    for each in placed:
        each.text = _CONTENT
    return (text if root is None or not placed else etree.tostring(root, encoding="unicode")), len(placed)


def _placed(root: etree._Element, contract: ImportedContract) -> Iterator[etree._Element]:
    payload = carried_by(root)
    if payload is None:
        return
    schema = Declarations(contract.facts)
    top, above = schema.element(str(payload.tag)), 1 + sum(1 for _ in payload.iterancestors())
    for each in payload.iter(etree.Element):
        if not len(each) and (each.text or "").lstrip().startswith(("cid:", "file:")):
            way = [etree.QName(one).localname for one in (each, *each.iterancestors())][::-1]
            passed = schema.way(top, way[above:])
            if passed and not _BINARY.isdisjoint(schema.facets(passed[-1])):
                yield each


def request(carried: Carried, step: SoapUiStep) -> None:
    contract = carried.carrier.contracts.get(step.operation)
    if contract is None:
        raise Unsupported(f"nothing can be read of the contract of {'/'.join(step.operation)}")
    if not step.body.strip():
        raise Unsupported("it sends nothing")
    _send(carried, step, contract)


def http(carried: Carried, step: SoapUiStep) -> None:
    """A message by HTTP alone, which may be SOAP: the first element in its Body says of which contract."""
    try:
        bodies = parse(step.body.encode(), is_message=False).iter(f"{{{_SOAP}}}Body")
        root = next((each[0].tag for each in bodies if len(each)), "")
    except Unreadable:
        root = ""
    contract = next((each for each in carried.carrier.contracts.values() if each.facts.request_root == root), None)
    if contract is None:
        raise Unsupported("it is HTTP, no SOAP")
    _send(carried, step, contract)


def _send(carried: Carried, step: SoapUiStep, contract: ImportedContract) -> None:
    sent = _sent(carried, step, contract)
    carried.steps.append(sent)
    assertions(carried, step, sent)
    if sent.for_each and sent.for_each["value"] == "page":
        sent.expect.append({"paging": {}})


def _sent(carried: Carried, step: SoapUiStep, contract: ImportedContract) -> Sent:
    values, spaces = carried.values, carried.spaces(contract)
    headers = {name: values.lenient(written) for name, written in step.headers.items() if name.lower() != _MOCKED}
    body, why = values.lenient(step.body)
    untold = [each for each in (why, *(each for _, each in headers.values())) if each]
    for each in (*untold[:1], *(f"it is sent with {each}" for each in step.besides)):
        carried.leave(step, each)
    again, carried.again = carried.again, None
    if "${page.reference}" in body:
        again = {"value": "page", "number": 10} if carried.carrier.describes(contract) else None
        if again is None:
            carried.leave(step, "it asks for the next page of records that are not described")
    body, placed = with_content(body, contract)
    if placed:
        carried.notes.append(f"{step.name}: {PLACED.format(placed)}")
    sent = Sent(step.name, contract, addressed(body), for_each=again, endpoint=step.endpoint, values=values.known())
    sent.headers = {name: text for name, (text, _) in headers.items()}
    sent.mocked = next((written for name, written in step.headers.items() if name.lower() == _MOCKED), "")
    sent.change = {spaces.xpath(path): value for path, value in carried.changes.pop(step.name, {}).items()}
    if step.drops_empty and _has_empty(sent, values):
        sent.leave_out = (_EMPTY,)
    return sent


def _has_empty(sent: Sent, values: Values) -> bool:
    """Whether anything in a message is empty, as far as its values are known."""
    nowhere = {*named_in([sent.body])} - {*ALWAYS, *values.captured}
    body = values.filled(sent.body, {**dict.fromkeys(nowhere, ""), **values.everywhere(), **sent.values})
    try:
        return bool(parse(body.encode(), is_message=False).xpath(_EMPTY))
    except Unreadable:
        return False


def receive(carried: Carried, step: SoapUiStep) -> None:
    """A mock step: the call is what its assertions judge."""
    answer, why = carried.values.lenient(step.settings.get("responseContent", ""))
    sent = _other(carried, step, {"receive": {}}, answer)
    assertions(carried, step, sent)
    if why:
        raise Unsupported(why)


def ask(carried: Carried, step: SoapUiStep) -> None:
    said = filter(None, map(step.settings.get, ("description", "expectedResult")))
    text = " ".join(said) or step.name
    action = re.sub(r"[^a-z0-9]+", "-", step.name.lower()).strip("-")
    action = action if action[:1].isalpha() else f"ask-{action}".strip("-")
    _other(carried, step, {"ask": " ".join(text.split()), "action": action})


def _other(carried: Carried, step: SoapUiStep, told: Mapping[str, object], body: str = "") -> Sent:
    contracts, steps = carried.carrier.contracts, carried.steps
    known = (*(each.contract for each in reversed(steps)), *contracts.values())
    contract = contracts.get(step.operation) or next(iter(known), None)
    if contract is None:
        raise Unsupported("the project has no contract that can be read")
    steps.append(Sent(step.name, contract, body, values=carried.values.known(), told=told))
    return steps[-1]


def transfer(carried: Carried, step: SoapUiStep) -> None:
    for each in step.parts:
        try:
            _transfer(carried, each)
        except Unsupported as unsupported:
            carried.leave(step, unsupported.why)


def _transfer(carried: Carried, one: Mapping[str, str]) -> None:
    """What is taken from an answer is captured there; a request gets it by a path, anything else as a value from here on."""
    source, part, path = (one.get(f"source{each}", "") for each in ("Step", "Type", "Path"))
    target, name, at = (one.get(f"target{each}", "") for each in ("Step", "Type", "Path"))
    values, is_taken = carried.values, part in MESSAGES
    if is_taken and not carried.number(source):
        raise Unsupported(f"it takes {part} of {source or 'no step'}, which is not there before")
    if is_taken and (one.get("transferTextContent") == "false" or one.get("transferChildNodes") == "true"):
        raise Unsupported(f"it takes a piece of XML from {part} of {source}, no text")
    if path and (one.get("type") == "JSONPATH" or not is_taken):
        raise Unsupported(f"it takes what is at {path} in {part} of {source}")
    if (name in MESSAGES) != bool(at):
        raise Unsupported(f"it puts a value into {name} of {target or 'no step'}{f' at {at}' if at else ' as a whole'}")
    if at:
        value = values.taken(source, part, path) if is_taken else place(source, part)
        carried.changes.setdefault(target, {})[values.text(at)] = f"${{{value}}}"
    elif is_taken:
        values.taken(source, part, path, place(target, name))
    else:
        values.own[place(target, name)] = f"${{{place(source, part)}}}"
