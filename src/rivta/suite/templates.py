"""The messages that a suite sends, or answers with, as they are written: templates below its folder."""

from dataclasses import field
from hashlib import sha256
from pathlib import Path

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.suite.meaning import Names
from rivta.text import placeholder
from rivta.text.placeholder import Placeholder
from rivta.text.yaml.compose import contents, decoded, shown_as
from rivta.text.yaml.grammar import Found


@frozen
class _Template:
    shown: str
    written: bytes
    text: str
    placeholders: tuple[Placeholder, ...]

    def source(self, offset: int) -> Source:
        lines = self.text.split("\n")
        before = self.text[:offset].split("\n")
        return Source(self.shown, len(before), len(before[-1]) + 1, lines[len(before) - 1])


@frozen
class Templates:
    """The templates below one folder, by the path that a suite names them by."""

    folder: Path
    _read: dict[str, _Template | None] = field(default_factory=dict)
    _told: set[tuple[str, int]] = field(default_factory=set)

    def check(self, name: str, source: Source, case: str, names: Names, found: Found) -> None:
        """A template that is not there, or that asks for what nothing is called, is a mistake: told once, with the first case."""
        if name not in self._read:
            self._read[name] = self._template(name, source, found)
        template = self._read[name]
        for one in template.placeholders if template else ():
            problem = names.unknown(one.name)
            if template and problem and (name, one.offset) not in self._told:
                self._told.add((name, one.offset))
                what = f"{problem.what} when the case “{case}” sends this"
                found.say(what, template.source(one.offset), problem.todo)

    def _template(self, name: str, source: Source, found: Found) -> _Template | None:
        path = self.folder / name
        if not path.is_file():
            about = (*path.parent.glob("*"), *self.folder.rglob("*"))  # the folder may be misspelt, or left out
            near = {one.relative_to(self.folder).as_posix() for one in about if one.is_file()}
            found.say(f"there is no template {name}", source, did_you_mean(name, near))
            return None
        try:
            shown = shown_as(path)
            written = contents(path, shown)
            text = decoded(written, shown)
            return _Template(shown, written, text, tuple(placeholder.find(text, path=shown)))
        except UsageError as problem:
            found.append(problem)
            return None

    def digest(self, suite: bytes) -> str:
        """SHA-256 over a suite file and the templates it uses, each with its length, so that no two sets are alike."""
        sum_ = sha256()
        sum_.update(b"%d\n%b" % (len(suite), suite))
        for name, template in sorted(self._read.items()):
            if template:
                sum_.update(b"%b\n%d\n%b" % (name.encode(), len(template.written), template.written))
        return sum_.hexdigest()
