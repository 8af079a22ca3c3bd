"""What the program says: both languages say everything, with the same values, and nothing that nobody asks for."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
import yaml

from rivta.model.words import Lang, Text
from rivta.text.catalogue import FOLDER, Words, text, words

SRC = Path(__file__).parent.parent / "src" / "rivta"
ROOMS = sorted({path.name.partition(".")[0] for path in FOLDER.iterdir()})
LANGS: tuple[Lang, ...] = ("sv", "en")
LAYOUTS = {".j2", ".typ"}
CALLED = {"say", "text", "words"}


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def files_of(room: str) -> list[Path]:
    """The programs and layouts of a room; those of all rooms for the words that every room uses."""
    found = [path for path in sorted(SRC.rglob("*")) if path.suffix in {".py", *LAYOUTS}]
    own = [path for path in found if room in path.relative_to(SRC).parts]
    return own or found


def speaking_for(room: str) -> list[Path]:
    """The room's own files, and those that import it: an archive says in the words of the seal what became of it."""
    own = files_of(room)
    outside = [path for path in sorted(SRC.rglob("*.py")) if path not in own]
    imports = re.compile(rf"^from rivta\.(?:[\w.]+\.)?{room}[ .]", re.MULTILINE)
    return [*own, *(path for path in outside if imports.search(path.read_text(encoding="utf-8")))]


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All of a program's tree: each room looks at most of them."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def asked_in_python(path: Path, room: str) -> Iterator[str]:
    """Keys that are asked for by name: `words["key"]`, `say("key", …)`, `text("room", "key", …)`."""
    for node in nodes_of(path):
        if isinstance(node, ast.Subscript):
            name, keys = node.value, [node.slice]
        elif isinstance(node, ast.Call):
            name, keys = node.func, node.args[:1]
            if isinstance(name, ast.Name):
                keys = node.args[1:2] if keys and isinstance(keys[0], ast.Constant) and keys[0].value == room else []
        else:
            continue
        said = name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""
        if said in CALLED:
            yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def asked_in_layout(layout: str) -> Iterator[str]:
    yield from re.findall(r"\b(?:words|w)\.(\w+)", layout)
    yield from re.findall(r"\bwords\[[\"'](\w+)[\"']\]", layout)


def asked_for(room: str) -> set[str]:
    found: set[str] = set()
    for path in files_of(room):
        is_layout = path.suffix in LAYOUTS
        found.update(asked_in_layout(path.read_text(encoding="utf-8")) if is_layout else asked_in_python(path, room))
    return found


def mentioned(room: str) -> Iterator[str]:
    """Patterns of every text that may be a key: constants, and f-strings with something for what is filled in."""
    for path in speaking_for(room):
        if path.suffix in LAYOUTS:
            yield from asked_in_layout(path.read_text(encoding="utf-8"))
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w-]+", node.value):
                yield node.value
            elif isinstance(node, ast.JoinedStr) and any(isinstance(part, ast.Constant) for part in node.values):
                parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"[\w-]+" for p in node.values)
                yield "".join(parts)


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_say_the_same_things(room: str) -> None:
    swedish, english = (words(room, lang) for lang in LANGS)
    assert list(swedish) == list(english), "the same keys in the same order"
    assert [key for key in swedish if not (swedish[key].strip() and english[key].strip())] == []
    assert [key for key in swedish if fields_of(swedish[key]) != fields_of(english[key])] == []
    assert [key for key in swedish if hasattr(Words, key)] == [], "a layout would find the method"


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_key_stands_once(room: str, lang: Lang) -> None:
    node = yaml.compose((FOLDER / f"{room}.{lang}.yaml").read_text(encoding="utf-8"))
    assert isinstance(node, yaml.MappingNode)
    keys = [key.value for key, _ in node.value]
    assert len(keys) == len(set(keys))
    assert {type(said) for said in words(room, lang).values()} == {str}


@pytest.mark.parametrize("room", ROOMS)
def test_every_key_that_is_asked_for_is_there(room: str) -> None:
    owned = [path for path in files_of(room) if room in path.relative_to(SRC).parts]
    assert not owned or asked_for(room) <= words(room, "sv").keys()


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_is_asked_for(room: str) -> None:
    patterns = re.compile("|".join(sorted(set(mentioned(room)))))
    assert [key for key in words(room, "sv") if not patterns.fullmatch(key)] == []


def test_a_key_that_is_not_there_is_an_error_at_once() -> None:
    with pytest.raises(KeyError, match="did you mean “summary”"):
        words("report", "sv")["sumary"]
    with pytest.raises(KeyError, match="all"):
        words("report", "en").say("headline", met=1)


def test_a_sentence_in_both_languages_says_its_values_in_each() -> None:
    said = text("report", "line_n", n=Text("tre", "three"))
    assert "tre" in said.sv
    assert "three" in said.en
