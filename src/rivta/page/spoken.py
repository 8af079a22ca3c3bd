"""XPath in words, for who tests and does not write suites: what is looked for by its name, and what narrows it."""

import re

from rivta.report.voice import Voice

_BRACKETS = r"\[(?:'[^']*'|\[[^\[\]]*\]|[^\[\]'])*\]"
_XPATH = re.compile(rf"(?<![:\w/])\(?(?:[a-z-]+\()?//(?:{_BRACKETS}|[\w*@:./-]|\(\)| \| |\))+")
"""An XPath in a text. No address on the web is one."""
_STEP = re.compile(rf"(?:{_BRACKETS}|[^/\[])+")
_PREDICATE = re.compile(_BRACKETS)
_LOCAL_NAME = re.compile(r"\[local-name\(\)\s*=\s*'([^']*)'\]")
_NAME = re.compile(r"\(*@?(?:[\w.-]+:)?([\w.-]+)\)*")
_EQUALS = re.compile(r"(@?[\w.:-]+)\s*=\s*'([^']*)'")
_NOT = re.compile(r"not\((@?[\w.:-]+)\)")
_PARTS = 2
"""How many names say what is meant: the last, and that of what it stands in."""


def in_words(text: str, voice: Voice) -> str:
    """The text with each XPath in words."""
    return _XPATH.sub(lambda found: _with_its_end(found[0], voice), text)


def paths_in(text: str) -> list[str]:
    """The XPaths of a text, as they are written."""
    return [found[0].rstrip(":.") for found in _XPATH.finditer(text)]


def path_in_words(path: str, voice: Voice) -> str:
    """What an XPath looks for: `result errorCode`, `requestId where extension = 12`."""
    return voice.words["or"].join(_way(each, voice) for each in path.split(" | "))


def connection(expected: str, voice: Voice) -> str:
    """What is expected of a connection that is tried, as its check spells it (`refused, expired, TLS 1.2`), as a sentence."""
    outcome, *how = expected.split(", ")
    known = voice.words.sentences
    said = [
        next((known[key] for key in (f"certificate_{each}", f"shows_{each}") if key in known), each) for each in how
    ]
    return f"{voice.words['outcome']} {known.get(f'outcome_{outcome}', outcome)}: {', '.join(said)}"


def _with_its_end(found: str, voice: Voice) -> str:
    """A sign that ends the path in its sentence is none of its own."""
    path = found.rstrip(":.")
    return path_in_words(path, voice) + found[len(path) :]


def _way(path: str, voice: Voice) -> str:
    steps = _STEP.findall(re.sub(r"^\(?[a-z-]*\(|\)+$", "", path))
    names = [name for name in map(_name, steps) if name]
    said = [
        _condition(each, voice) for step in steps for each in _PREDICATE.findall(step) if not _LOCAL_NAME.match(each)
    ]
    return " ".join((*(names[-_PARTS:] or "…"), *dict.fromkeys(said)))


def _name(step: str) -> str:
    """What a step is called; empty where it has no name of its own."""
    if local := _LOCAL_NAME.search(step):
        return local[1]
    found = _NAME.fullmatch(_PREDICATE.sub("", step))
    return found[1] if found else ""


def _condition(predicate: str, voice: Voice) -> str:
    """What narrows a step, in words where that is simple."""
    said = []
    for each in predicate[1:-1].split(" or "):
        if equal := _EQUALS.fullmatch(each.strip()):
            said.append(voice.say("where", what=f"{_name(equal[1])} = {equal[2]}"))
        elif without := _NOT.fullmatch(each.strip()):
            said.append(voice.say("without", what=_name(without[1])))
        else:
            return voice.words["narrowed"]
    return voice.words["or"].join(said)
