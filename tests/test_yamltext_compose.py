"""YAML into a tree: scalars stay text, everything knows its place, nothing crashes or explodes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rivta.model.errors import UsageError
from rivta.model.words import Source
from rivta.text.yaml import compose as room
from rivta.text.yaml.compose import LIMIT_BYTES, LIMIT_DEPTH, compose, read
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar


def plain(node: Node) -> object:
    match node:
        case YamlMap():
            return {key.text: plain(value) for key, value in node.entries}
        case YamlList():
            return [plain(item) for item in node.items]
    return node.text


def refusal(written: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as raised:
        compose(written, "f.yaml")
    return raised.value


def where(problem: UsageError) -> tuple[int, int]:
    assert problem.source is not None
    assert problem.source.path == "f.yaml"
    return problem.source.line, problem.source.column


@pytest.mark.parametrize(
    "word",
    ["no", "Yes", "012", "1.10", "12:30:45", "2026-01-01", "191212121212", "~", "null", "=", "0x1F", "1e3", ".inf"],
)
def test_scalars_stay_text(word: str) -> None:
    assert plain(compose(f"a: {word}", "f.yaml")) == {"a": word}


def test_everything_knows_its_place() -> None:
    tree = compose("a: 1\nb:\n  - x\n  - {c: 'y å', d: z}\n", "f.yaml")
    assert isinstance(tree, YamlMap)
    items = tree.get("b")
    assert isinstance(items, YamlList)
    inner = items.items[1]
    assert isinstance(inner, YamlMap)
    assert [(key.text, key.line, key.column) for key, _ in tree.entries] == [("a", 1, 1), ("b", 2, 1)]
    assert items.source == Source("f.yaml", 3, 3, "  - x")
    assert inner.source_of("d") == Source("f.yaml", 4, 19, "  - {c: 'y å', d: z}")
    assert inner.source_of("absent") == inner.source
    assert tree.get("absent") is None


def test_a_place_within_a_text() -> None:
    tree = compose("a: 'x ${b} y'\nc: |\n  one\n  two ${d}\ne: \"\\u0024{f}\"\n", "f.yaml")
    assert isinstance(tree, YamlMap)
    places = [value.place_of("${") for _, value in tree.entries if isinstance(value, YamlScalar)]
    assert [(place.line, place.column) for place in places] == [(1, 7), (4, 7), (5, 4)]


def test_placeholders_may_stand_unquoted_in_flow() -> None:
    tree = compose(
        "with: {patient: ${patient.id}, list: [${a|raw}, x-${b}], env: ${env:NAME}, literal: $${c}}", "f.yaml"
    )
    assert plain(tree) == {
        "with": {"patient": "${patient.id}", "list": ["${a|raw}", "x-${b}"], "env": "${env:NAME}", "literal": "$${c}"}
    }


def test_quoting_tells_empty_text_from_nothing() -> None:
    tree = compose("a: ''\nb:\nc: ~\nd: '~'", "f.yaml")
    assert isinstance(tree, YamlMap)
    assert [value.nothing for _, value in tree.entries if isinstance(value, YamlScalar)] == [False, True, True, False]


def test_anchors_repeat_a_whole_value() -> None:
    tree = compose("a: &x {b: [1, &y two]}\nc: *x\nd: *y", "f.yaml")
    assert plain(tree) == {"a": {"b": ["1", "two"]}, "c": {"b": ["1", "two"]}, "d": "two"}


@pytest.mark.parametrize(
    ("written", "place", "words"),
    [
        ("a: 1\nb: 2\n'a': 3", (3, 1), "“a” stands twice in this map; the first is on line 1"),
        ("x: {k: 1, k: 2}", (1, 11), "“k” stands twice"),
        ("{&a x: 1, *a : 2}", (1, 2), "“x” stands twice in this map; the first is on line 1"),
        ("", (1, 1), "the file is empty"),
        ("# only a comment\n", (1, 1), "the file is empty"),
        ("---\n", (1, 1), "the file is empty"),
        ("a: 1\n---\nb: 2", (2, 1), "a second document starts here"),
        ("a:\n\tb: 1", (2, 1), "this is not YAML"),
        ("a: b: c", (1, 5), "a second colon stands here"),
        ("a: [1, 2", (1, 4), "this is not YAML"),
        ('a: "b', (1, 4), "this is not YAML"),
        ("a: @b", (1, 4), "this is not YAML"),
        ("a: b\x07c", (1, 5), "the character U+0007 must not stand in YAML"),
        ("a: \ufdd0", (1, 4), "the character U+FDD0"),
        (b"a: 1\nb: \xe5", (2, 4), "the byte 0xE5 is not UTF-8"),
        ("a: 1\n".encode("utf-16"), (1, 1), "the byte 0xFF is not UTF-8"),
        ("a: !!python/name:os.system x", (1, 4), "the tag tag:yaml.org,2002:python/name:os.system has no meaning here"),
        ("a: !own [x]", (1, 4), "the tag !own has no meaning here"),
        ("a: &x [1]\nb:\n  <<: *x", (3, 3), "merge keys (<<) are not read"),
        ("{[a]: b}", (1, 2), "a key is a map or a list here"),
        ("? " * 50_000, (1, 3), "a key is a map or a list here"),
        ("? \n: b", (1, 2), "text is wanted as a key"),
        ("a: * b", (1, 5), "this is not YAML"),
        ("a: *b", (1, 4), "nothing before this is anchored as “b”"),
        ("a: &a [*a]", (1, 8), "“a” holds itself"),
    ],
)
def test_what_is_refused_says_where_and_why(written: str | bytes, place: tuple[int, int], words: str) -> None:
    problem = refusal(written)
    assert words in problem.what
    assert problem.todo
    assert where(problem) == place


@pytest.mark.parametrize("loader", [room.LOADER, yaml.SafeLoader])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_depth_is_refused_before_anything_recurses(
    monkeypatch: pytest.MonkeyPatch, opening: str, loader: type[object]
) -> None:
    monkeypatch.setattr(room, "LOADER", loader)
    problem = refusal(opening * 50_000)
    assert f"deeper than {LIMIT_DEPTH} levels" in problem.what
    assert where(problem) == (1, LIMIT_DEPTH * len(opening) + 1)
    assert len(str(problem)) < 500


@pytest.mark.parametrize("before", ["", "- - ", "[[x], {a: b}, ", "- |\n  [[[\n-\n  - "])
def test_depth_is_told_by_us_whoever_notices_it_first(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """A parser with a limit of its own, met before it tells of the brackets that it has read ahead."""
    events = yaml.parse

    def limited(text: str, Loader: type[yaml.SafeLoader]) -> Iterator[yaml.Event]:  # noqa: N803 (PyYAML's name for it)
        for event in events(text, yaml.SafeLoader):
            if event.end_mark is None or event.end_mark.index > len(before):
                break
            yield event
        raise yaml.MarkedYAMLError(problem="too much", problem_mark=yaml.Mark("", len(before) + 1000, 0, 0, None, 0))

    monkeypatch.setattr(yaml, "parse", limited)
    assert f"deeper than {LIMIT_DEPTH} levels" in refusal(before + "[" * 50_000).what
    assert "this is not YAML: too much" in refusal(before + "[" * 50 + " " * 2000).what


def test_depth_within_the_limit_is_read() -> None:
    assert compose("[" * LIMIT_DEPTH + "]" * LIMIT_DEPTH, "f.yaml")


def test_aliases_cannot_explode() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "stand for too much" in refusal("\n".join(layers)).what


def test_aliases_cannot_add_up_to_depth() -> None:
    deep = "[" * 40 + "]" * 40
    assert "stand for too much" in refusal(f"a: &a {deep}\nb: {'[' * 40}*a{']' * 40}").what


def test_a_long_line_is_not_repeated_in_the_error() -> None:
    problem = refusal("a: " + "x" * 10_000 + " : y")
    assert len(str(problem)) < 500


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    tree = read(tmp_path / "a.yaml")
    assert plain(tree) == {"a": "1"}
    assert tree.source == Source("a.yaml", 1, 1, "a: 1")
    (tmp_path / "big.yaml").write_bytes(b"a" * (LIMIT_BYTES + 1))
    for name, words in (("none.yaml", "no such file"), (".", "is a directory"), ("big.yaml", "larger than")):
        with pytest.raises(UsageError, match=words):
            read(tmp_path / name)


def test_the_parser_in_python_builds_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, 'b']\nc: {d: *x, e: ${f}}\ng: |\n  h\n"
    by_c = compose(text, "f.yaml")
    monkeypatch.setattr(room, "LOADER", yaml.SafeLoader)
    assert repr(compose(text, "f.yaml")) == repr(by_c)


data = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abå-_", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(data.filter(bool))
def test_what_yaml_writes_is_read_back(written: object) -> None:
    text = yaml.safe_dump(written, allow_unicode=True)
    assert plain(compose(text, "f.yaml")) == written


@given(st.text("ab:-{}[],&*!|>'\"%@`#? \n\t$<~\\0", max_size=60) | st.binary(max_size=60))
def test_whatever_is_written_is_a_tree_or_a_usage_error(written: str | bytes) -> None:
    problem = None
    try:
        compose(written, "f.yaml")
    except UsageError as refused:
        problem = refused
    assert problem is None or (problem.source and problem.source.line >= 1 and problem.todo)
