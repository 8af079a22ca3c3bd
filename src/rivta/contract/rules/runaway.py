"""Regular expressions that run away: those that try a text in so many ways that a few dozen letters take years.

Python's engine goes back and tries again, so `^(a+)+$` on forty letters and a sign takes longer than anybody waits. Only a group that
is repeated without an end, and can be read in several ways itself, does that: such groups are looked for, and tried on texts
made of their own letters, in a process of its own that may use half a second of the processor. What is no group of that kind may
still take time in the square or the cube of a text's length; so a long text is tried in such a process first.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache

from elementpath.regex import RegexError, translate_pattern

_SECONDS = 0.5
_LENGTH, _MOST_LETTERS = 64, 24
_LETTERS = "a0A -.,:/"
"""What is tried beside the letters that the expression itself has."""
_ENDLESS = re.compile(r"[*+]|\{\d+,\}")
_SEVERAL = re.compile(r"[*+|?]|\{\d*,\d*\}")
_STEPS = 10_000_000
"""What Python's engine does in a fraction of a second."""
_TRIAL = """
import json, re, signal, sys
signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
pattern, texts = json.load(sys.stdin)
tried = re.compile(pattern)
for text in texts:
    tried.search(text)
"""


@lru_cache(maxsize=1024)
def runs_away(pattern: str) -> str:
    """The part of an XPath regular expression that runs away; empty if none does, or if it is none."""
    return next((group for group in _suspicious(pattern) if _takes_too_long(group)), "")


def _suspicious(pattern: str) -> Iterator[str]:
    """The groups that are repeated without an end and can be read in several ways."""
    opened: list[int] = []
    in_class = False
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif in_class or letter == "[":
            in_class = letter != "]"
        elif letter == "(":
            opened.append(at)
        elif letter == ")" and opened:
            group, repeated = pattern[opened.pop() : at + 1], _ENDLESS.match(pattern, at + 1)
            if repeated and _SEVERAL.search(group):
                yield group + repeated[0]
        at += 1


def _takes_too_long(group: str) -> bool:
    letters = sorted({*_LETTERS, *re.sub(r"\\.|[^\w\s]", "", group)})[:_MOST_LETTERS]
    texts = [
        part * (_LENGTH // len(part)) + "\0"
        for part in (*letters, *(a + b for a in letters for b in letters if a != b))
    ]
    return not ends(f"^{group}$", texts, _SECONDS)


def may_take_long(pattern: str, text: str) -> bool:
    """Whether it is worth a process of its own to see if an expression ends on a text: it may try each part of it at each letter."""
    steps: int = len(text) ** (1 + len(_ENDLESS.findall(pattern)))
    return steps > _STEPS


def ends(pattern: str, texts: Sequence[str], seconds: float) -> bool:
    """Whether an XPath regular expression is done with all the texts after so many seconds of the processor. One that is none is."""
    try:
        translated = translate_pattern(pattern)
        re.compile(translated)
    except (RegexError, re.error):
        return True
    command = [sys.executable, "-I", "-S", "-c", _TRIAL, str(seconds)]
    given = json.dumps([translated, texts])
    tried = subprocess.run(command, input=given, text=True, capture_output=True, check=False)  # noqa: S603 - our own program; what is tried is data
    return -tried.returncode != signal.SIGPROF
