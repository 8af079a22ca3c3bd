"""What the program itself says, as data: `words/<room>.<language>.yaml` gives every sentence a key.

`{name}` in a sentence is a value to be filled in. `tests/test_words.py` holds the two languages together, and both to the code.
"""

from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from rivta.model.errors import did_you_mean
from rivta.model.words import Lang, Text

FOLDER = Path(__file__).parent / "words"

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML built without libyaml: the same, slower


def own(path: Path) -> Any:
    """What a YAML file of the program's own says. Those of people are read by `yaml.compose`, which knows the place of everything."""
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, LOADER)  # noqa: S506  # CSafeLoader is safe


class Words(dict[str, str]):
    """One room's sentences in one language. To ask for one that is not there is a mistake of ours: KeyError."""

    def __missing__(self, key: str) -> NoReturn:
        raise KeyError(f"no sentence is called {key}: {did_you_mean(key, self)}")

    def say(self, key: str, **values: object) -> str:
        """A sentence with its values filled in; what is a Text itself must be given in the language."""
        return self[key].format(**values)


@cache
def words(room: str, lang: Lang) -> Words:
    """The sentences of a room, read when somebody speaks for the first time."""
    return Words(own(FOLDER / f"{room}.{lang}.yaml"))


def text(room: str, key: str, **values: object) -> Text:
    """A sentence in both languages. A value that is a Text is said in each."""
    return Text(_said(room, "sv", key, values), _said(room, "en", key, values))


def _said(room: str, lang: Lang, key: str, values: dict[str, object]) -> str:
    told = {name: value.in_(lang) if isinstance(value, Text) else value for name, value in values.items()}
    return words(room, lang).say(key, **told)
