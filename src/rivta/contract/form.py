"""The shape of `domain.yaml`, and of the general part that domains share: what may stand where, in words for people and for editors."""

from collections.abc import Mapping
from typing import cast

from rivta.contract import records
from rivta.model.domain import FactRole
from rivta.text.yaml.grammar import (
    Bilingual,
    Field,
    Forms,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shorthand,
    String,
    Whole,
    YesNo,
)

_VERSION = String(r"\d+(\.\d+)*", "a version", "2.2")
_NAMES = ListOf(String())
_ORIGINS = {
    "restatement": "schemas that we wrote from the published facts",
    "official": "the published release package itself",
}
_LEVELS = {
    "must": "binding",
    "should": "expected, with room for a reason not to",
    "may": "allowed, and checked only where it is used",
}
_NAME = String(r"[^\s/:]+", "the name of an element, without a prefix", "resultCode")
_WORD = String(r"\S+", "a word without blanks", "VALIDATION_ERROR")
_RESULT = Shorthand(
    Record(
        "result",
        {
            "at": Field(
                String(r"\S+", "names of elements with / between them", "reportResult/result"),
                "where the result stands, by names of elements below the response’s root; . is the root itself, none is that "
                "responses have no result",
            ),
            "code": Field(_NAME, "the element that says how it went"),
            "error": Field(_NAME, "the element that names an error"),
            "sub": Field(_NAME, "the element that names it more closely"),
            "text": Field(_NAME, "the element with words for people"),
            "log": Field(_NAME, "the element with an id to look for in a log"),
            "ok": Field(_WORD, "the code for done; OK without it"),
            "info": Field(_WORD, "the code for done, with a remark; INFO without it"),
            "failed": Field(_WORD, "the code for not done; ERROR without it"),
            "invalid": Field(_WORD, "the error for a message that is not valid"),
            "refused": Field(_WORD, "the error for a message that is valid and cannot be dealt with"),
        },
        "What differs from what the schema tells by itself.",
    ),
    "at",
)
_ROLES_OF_FACTS: Mapping[FactRole, str] = {
    "patient": "whom the message is about",
    "kind": "what kind of message it is, as drawings show it",
    "message-id": "what tells the message from every other, so that one sent again is known",
    "recipient": "the unit that the message is for, which its logical address must be",
}
_FACT = Shorthand(
    Record(
        "fact",
        {
            "xpath": Field(String(), "where it stands, by XPath over the whole envelope", True),
            "role": Field(
                OneOf(cast("Mapping[str, str]", _ROLES_OF_FACTS)), "what it means to the program, if anything"
            ),
        },
    ),
    "xpath",
)
_RULE_FILE = Shorthand(
    Record(
        "file of rules",
        {
            "file": Field(String(), "the Schematron file, relative to this file, or within the package", True),
            "when": Field(
                String(), "XPath 1.0 over the whole envelope: the rules are for messages of which it is true"
            ),
            "requirement": Field(
                String(), "the requirement that each of its rules is, where they are not named for one"
            ),
        },
    ),
    "file",
)
_RULE_FILES = Forms(ListOf(_RULE_FILE, some=True), _RULE_FILE)
_CONTRACT = Record(
    "contract",
    {
        "name": Field(
            String(r"[A-Za-z][A-Za-z0-9]*", "a contract's name", "RegisterLoan"), "the operation's name", True
        ),
        "version": Field(_VERSION, "the contract's version", True),
        "key": Field(
            String(r"[A-Za-z0-9]+", "a short word", "GL"),
            "what the ids of those requirements begin with that the general part has for each contract",
        ),
        "derived": Field(
            Bilingual(),
            "how the requirements that the general part has for it follow from its description, where no published test says them: "
            "all are derived then, and bind no more than should",
        ),
        "title": Field(Bilingual(), "what people call it", True),
        "wsdl": Field(
            String(),
            "its WSDL, relative to this file, or within the package; without it, what the installed package has for this name and major version",
        ),
        "rules": Field(
            Record(
                "set of rules",
                {
                    "request": Field(_RULE_FILES, "the Schematron file for requests, or a list of them"),
                    "response": Field(_RULE_FILES, "the Schematron file for responses, or a list of them"),
                },
            ),
            "its Schematron files by direction",
        ),
        "max-ms": Field(Whole(positive=True), "the contract's response time in ms", True),
        "result": Field(_RESULT, "where its responses say how it went, where the schema does not tell that by itself"),
        "records": Field(records.SHAPE, "what its responses hold and what chooses among it, for a contract that reads"),
        "sub-codes": Field(_NAMES, "the finer error codes that the contract has; no others may be given"),
    },
)
_ROLE = Record(
    "role",
    {
        "title": Field(Bilingual(), "what people call it", True),
        "produces": Field(_NAMES, "the contracts that it answers; none without it"),
        "consumes": Field(_NAMES, "the contracts that it calls; none without it"),
    },
)
_PRECONDITION = Record(
    "precondition",
    {
        "text": Field(Bilingual(), "what must be in the system", True),
        "data": Field(_NAMES, "the test data that say where it is, by dotted names", True),
        "lasts": Field(YesNo(), "a case does not use it up, so that several may use it at once; no without it"),
    },
)
_STATEMENT = String(
    r"\S+ [\d.]+ [0-9a-f]{6}", "document, section and fingerprint, as rivta lint shows them", "TKB 4.3.1 f07a2c"
)
_REQUIREMENT = Record(
    "requirement",
    {
        "id": Field(String(r"\S+", "an id without blanks", "LOAN-6"), "its name everywhere", True),
        "text": Field(Bilingual(), "what is demanded", True),
        "level": Field(OneOf(_LEVELS), "how binding it is", True),
        "source": Field(String(), "document and section", True),
        "not-tested": Field(Bilingual(), "why no case proves it"),
        "derived": Field(Bilingual(), "how it follows from the source, where it does not stand there itself"),
        "cites": Field(
            ListOf(_STATEMENT),
            "the statements of the contract description that it says in its own words; rivta lint lists those that nothing cites",
        ),
    },
)
_SHARED = {
    "sources": Field(MapOf(Bilingual()), "the documents that the requirements come from, by short name", True),
    "every-case": Field(MapOf(String()), "the checks that run in every case, and the requirement each proves"),
    "every-received": Field(
        MapOf(String()), "the checks that run on every message received, and the requirement each proves"
    ),
    "requirements": Field(ListOf(_REQUIREMENT), "what the contracts demand", True),
}
_BUILDS_ON = Field(
    String(r"[\w.-]+", "the name of a folder", "riv-ta"),
    "the general part whose requirements, sources and checks it has too, as far as it does not say them anew: the folder "
    "beside it, or a shipped one, that holds a general.yaml",
)
_PRECONDITIONS = Field(MapOf(_PRECONDITION), "what must be in a system first, by id")
GENERAL = Record(
    "general part",
    {**_SHARED, "builds-on": _BUILDS_ON, "preconditions": _PRECONDITIONS},
    "What holds of every contract, or of every one of a kind, for domains to build on. A requirement with {key} in its id is there for "
    "each contract that says its key.",
)
SHAPE = Record(
    "domain",
    {
        "domain": Field(String(r"[\w-]+(\.[\w-]+)*", "a domain's name", "tiny.library.loan"), "its name", True),
        "version": Field(_VERSION, "the domain's version", True),
        "title": Field(Bilingual(), "what people call it", True),
        "origin": Field(OneOf(_ORIGINS), "whose words the schemas are, where there are contracts"),
        "builds-on": _BUILDS_ON,
        "package": Field(
            _VERSION,
            "the version of the installed release package that the WSDL files and the rules lie in, as far as they do not lie "
            "beside this file",
        ),
        "contracts": Field(
            ListOf(_CONTRACT, some=True),
            "the service contracts; without any, what is demanded is asked and tried otherwise",
        ),
        "openapi": Field(
            String(),
            "the OpenAPI document of what the system offers without a service contract, in this folder or the package",
        ),
        "roles": Field(MapOf(_ROLE), "the parts that a system can play", True),
        "namespaces": Field(
            MapOf(String(), r"[A-Za-z_][A-Za-z0-9_.-]*", "an XML prefix"),
            "prefixes for the XPath of facts and of the domain’s suites; soapenv and itr are always there",
        ),
        "facts": Field(
            MapOf(_FACT, r"(?!address$)[A-Za-z][A-Za-z0-9_-]*", "a fact’s name, a word other than “address”,"),
            "what a message is known by, each an XPath over the whole envelope, perhaps with a role",
        ),
        "result": Field(_RESULT, "the same for every contract of the domain whose responses have a result"),
        **_SHARED,
        "personal": Field(_NAMES, "elements that hold names, addresses or free text, by local name"),
        "set-aside": Field(
            MapOf(Bilingual(), r"\S+ [\d.]+( [0-9a-f]{6})?", "“TKB 4.3.1 f07a2c”, or a whole section as “TKB 4”"),
            "statements of the contract description that no requirement is to take up, each with the reason",
        ),
        "preconditions": _PRECONDITIONS,
    },
    "A service domain: its contracts, roles and requirements.",
)
