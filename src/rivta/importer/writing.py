"""Files of an import, as YAML that people would write: short mappings on one line, scripts as they stood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from rivta.text.files import write_file

_WIDTH = 130


class Flow(dict[str, object]):
    """A mapping that is written on one line."""


def said(value: Mapping[str, object]) -> dict[str, object]:
    """A mapping without what is empty, which nobody would write."""
    return {key: each for key, each in value.items() if each}


@dataclass(slots=True)
class FolderWriter:
    """What is written below a folder. `notes` is what people are to know of it."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def write(self, path: str, value: object, comment: str = "") -> None:
        file = self.folder / path
        if not isinstance(value, str):
            value = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)
        write_file(file, f"{comment}{value}".encode())
        self.files.append(file)


class _Dumper(yaml.SafeDumper):
    """Nothing by reference: what is alike is written out."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _flow(dumper: _Dumper, value: Flow) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=True)


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    """Text of several lines as a block, which nothing may stand behind or before the lines of."""
    if "\n" not in value:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value)
    plain = "\n".join(line.rstrip() for line in value.expandtabs(4).split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", plain, style="|")


_Dumper.add_representer(Flow, _flow)
_Dumper.add_representer(str, _text)
