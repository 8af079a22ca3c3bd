"""Groovy as far as test scripts use it, read into a tree. Nothing of it is ever executed.

It is a small part of the language: values, names, calls, operators, closures, `def`, `if`, `for`, `return`, `assert`. What else stands in
a script is `Unsupported`, and the script is then left to a person.
"""

import re
from typing import Any

from rivta.model.frozen import frozen

_WORD = re.compile(
    r"(?P<space>[ \t\r]+|/\*.*?\*/|//[^\n]*)|(?P<line>\n|;)"
    r"|(?P<text>'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\?\.|\?:|->|&&|\|\||==|!=|>=|<=|\+\+|\+=|\.\.|[-+*/!<>=(){}\[\],.:?])",
    re.DOTALL,
)
_JOINS = (".", "?.", "&&", "||", "?:")
"""What goes on with a statement though it stands on another line."""
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"))
_TYPES = ("def", "String", "int", "boolean", "List")
_KNOWN = {"true": True, "false": False, "null": None}
_LONGEST, _LONGEST_RESULT = 20_000, 20_000


class Unsupported(Exception):
    """What is not read, and so is left to a person: `why`, and how it stood where that is more than its place tells."""

    def __init__(self, why: str, original: str = "") -> None:
        super().__init__(why)
        self.why, self.original = why, original


def told(trouble: Unsupported | RecursionError) -> Unsupported:
    """Why something is not read, also where that was too deep for us."""
    return trouble if isinstance(trouble, Unsupported) else Unsupported("it is nested too deep")


def short(written: str) -> str:
    """What a script came to. Unsupported where that is long, as what names itself again and again would be."""
    if len(written) > _LONGEST_RESULT:
        raise Unsupported("it comes to very much")
    return written


@frozen
class GroovyNode:
    """A part of a script, whose `value` and `parts` depend on its kind.

    value     what it is
    name      the name
    get       a property's name; of what
    call      a name; of what (`Nobody` for a function), then the arguments
    at        of what, and the index
    not       of what
    both      the operator; left and right
    list      the items
    closure   the statements
    let       a name, or `of.name`; what it gets
    if        the condition, a block, and a block for otherwise
    block     the statements
    each      the statements of a loop; what it goes through is not looked at
    return    what is returned
    assert    the condition
    """

    kind: str
    value: Any = None
    parts: tuple["GroovyNode", ...] = ()


Nobody = GroovyNode("name", "")


def read(script: str) -> tuple[GroovyNode, ...]:
    """The statements of a script, imports left out. Unsupported for what is not read."""
    plain = re.sub(r"^[ \t]*(#!.*|import\s.*|package\s.*)$", "", bounded(script), flags=re.MULTILINE)
    return _Reader(_words(plain)).statements("")


def bounded(script: str) -> str:
    """A script. Unsupported where it is too long to be looked through."""
    if len(script) > _LONGEST:
        raise Unsupported(f"it is {len(script)} characters long")
    return script


def squeezed(script: str) -> str:
    """A script without imports, comments and what it writes to its log, on one line."""
    plain = re.sub(r"^[ \t]*(import\s|package\s|//|log\.info).*$", "", bounded(script), flags=re.MULTILINE)
    return " ".join(re.sub(r"/\*.*?\*/", " ", plain, flags=re.DOTALL).split())


@frozen
class _Word:
    """A word; `is_first` of its line."""

    kind: str
    text: str
    is_first: bool = False


def _words(script: str) -> list[_Word]:
    words, at, is_first = list[_Word](), 0, False
    while at < len(script):
        word = _WORD.match(script, at)
        if word is None:
            raise Unsupported(f"“{script[at : at + 20]}”")
        at = word.end()
        is_first = is_first or word.lastgroup == "line"
        if word.lastgroup not in ("space", "line"):
            words.append(_Word(word.lastgroup or "", word[0], is_first))
            is_first = False
    return [*words, _Word("", "", is_first=True)]


class _Reader:
    """Goes through the words of a script once."""

    def __init__(self, words: list[_Word]) -> None:
        self._words = words
        self._at = 0

    @property
    def _next(self) -> _Word:
        return self._words[self._at]

    def _has(self, *wanted: str) -> bool:
        return self._next.kind not in ("text", "") and self._next.text in wanted

    def _goes_on(self, *wanted: str) -> bool:
        """Whether the statement goes on with one of these."""
        return self._has(*wanted) and (not self._next.is_first or self._next.text in _JOINS)

    def _take(self, *wanted: str) -> str:
        if not self._next.kind or (wanted and not self._has(*wanted)):
            raise Unsupported(f"“{self._next.text or 'the end'}” where {' or '.join(wanted) or 'more'} was to come")
        self._at += 1
        return self._words[self._at - 1].text

    def _took(self, *wanted: str) -> bool:
        """Whether the statement goes on with one of these; it is taken then."""
        there = self._goes_on(*wanted)
        self._at += there
        return there

    def _begins(self, word: str) -> bool:
        """Whether a word is the next one, on whatever line; it is taken then."""
        there = self._has(word)
        self._at += there
        return there

    def statements(self, end: str) -> tuple[GroovyNode, ...]:
        found: list[GroovyNode] = []
        while self._next.kind and not self._has(end):
            if found and not self._next.is_first:
                raise Unsupported(f"“{self._next.text}”")
            found.append(self._statement())
        return tuple(found)

    def _block(self) -> GroovyNode:
        return GroovyNode("block", parts=self._closure().parts if self._has("{") else (self._statement(),))

    def _statement(self) -> GroovyNode:
        if self._has(*_TYPES) and self._words[self._at + 1].kind == "name":
            self._take()
            name = self._take()
            return GroovyNode("let", name, (self.expression() if self._took("=") else GroovyNode("value"),))
        if self._begins("if"):
            return self._if()
        if self._begins("for"):
            self._parenthesis()
            return GroovyNode("each", parts=self._block().parts)
        if self._begins("return"):
            is_alone = self._next.is_first or self._has("}")
            return GroovyNode("return", parts=(GroovyNode("value") if is_alone else self.expression(),))
        if self._begins("assert"):
            condition = self.expression()
            if self._took(":", ","):
                self.expression()
            return GroovyNode("assert", parts=(condition,))
        return self._assigned(self.expression())

    def _assigned(self, left: GroovyNode) -> GroovyNode:
        if self._took("++"):
            return GroovyNode("let", "++", (left,))
        if not self._took("=", "+="):
            return left
        match left:
            case GroovyNode("name", name):
                return GroovyNode("let", name, (self.expression(),))
            case GroovyNode("get", name, (GroovyNode("name", of),)):
                return GroovyNode("let", f"{of}.{name}", (self.expression(),))
        raise Unsupported("a value is put into what is no name")

    def _if(self) -> GroovyNode:
        self._take("(")
        condition = self.expression()
        self._take(")")
        then = self._block()
        return GroovyNode("if", parts=(condition, then, self._block() if self._begins("else") else GroovyNode("block")))

    def _parenthesis(self) -> None:
        """What stands between a loop's parentheses, passed over."""
        self._take("(")
        open_ = 1
        while open_:
            word = self._take()
            open_ += (word == "(") - (word == ")")

    def expression(self) -> GroovyNode:
        found = self._level(0)
        return GroovyNode("both", "?:", (found, self.expression())) if self._took("?:") else found

    def _level(self, number: int) -> GroovyNode:
        if number == len(_LEVELS):
            if self._begins("!"):
                return GroovyNode("not", parts=(self._level(number),))
            return self._after(self._primary())
        left = self._level(number + 1)
        while self._goes_on(*_LEVELS[number]):
            left = GroovyNode("both", self._take(), (left, self._level(number + 1)))
        return left

    def _after(self, found: GroovyNode) -> GroovyNode:
        while True:
            if self._took(".", "?."):
                name = _unquoted(self._take())
                args = self._args()
                found = GroovyNode("get", name, (found,)) if args is None else GroovyNode("call", name, (found, *args))
            elif self._took("["):
                index = self.expression()
                if self._took(".."):
                    self.expression()
                self._take("]")
                found = GroovyNode("at", parts=(found, index))
            elif self._took("as"):
                self._take()
            else:
                return found

    def _args(self) -> tuple[GroovyNode, ...] | None:
        if not self._goes_on("(", "{"):
            return None
        args = self._items(")") if self._took("(") else ()
        return (*args, self._closure()) if self._goes_on("{") else args

    def _items(self, end: str) -> tuple[GroovyNode, ...]:
        items: list[GroovyNode] = []
        while not self._begins(end):
            items.append(self.expression())
            if not self._has(end):
                self._take(",")
        return tuple(items)

    def _primary(self) -> GroovyNode:
        kind, word = self._next.kind, self._next.text
        if self._has("{"):
            return self._closure()
        self._take()
        match kind, word:
            case "text", _:
                found = _text(word)
            case "number", _:
                found = GroovyNode("value", int(word) if word.isdigit() else word)
            case "name", _:
                found = self._named(word)
            case _, "(":
                found = self.expression()
                self._take(")")
            case _, "[":
                found = GroovyNode("list", parts=self._items("]"))
            case _:
                raise Unsupported(f"“{word}”")
        return found

    def _named(self, word: str) -> GroovyNode:
        if word in _KNOWN:
            return GroovyNode("value", _KNOWN[word])
        if word == "new":
            word = f"new {self._take()}"
            while self._took("."):
                word = f"new {self._take()}"
        # A command without parentheses, as log.info "x", is not told from a mistake.
        if self._next.kind == "text" and not self._next.is_first:
            raise Unsupported(f"“{word}” without parentheses")
        args = self._args() if self._goes_on("(") else None
        return GroovyNode("name", word) if args is None else GroovyNode("call", word, (Nobody, *args))

    def _closure(self) -> GroovyNode:
        self._take("{")
        start = self._at
        while self._next.kind == "name" or self._has(","):
            self._at += 1
        if not self._begins("->"):
            self._at = start
        body = self.statements("}")
        self._take("}")
        return GroovyNode("closure", parts=body)


def _text(written: str) -> GroovyNode:
    """A text; what stands in `${…}` within double quotes is read where it is an expression."""
    plain = _unquoted(written)
    if written[0] != '"' or "$" not in plain:
        return GroovyNode("value", plain)
    found: GroovyNode | None = None
    for part in filter(None, re.split(r"(\$\{[^}]*\}|\$[A-Za-z_][\w.]*)", plain)):
        is_asked = part.startswith("$")
        more = _Reader(_words(part.strip("${}"))).expression() if is_asked else GroovyNode("value", part)
        found = more if found is None else GroovyNode("both", "+", (found, more))
    return found or GroovyNode("value", "")


def _unquoted(written: str) -> str:
    if written[:1] not in ("'", '"'):
        return written
    inside = written[3:-3] if written[:3] in ("'''", '"""') else written[1:-1]
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), inside, flags=re.DOTALL)
