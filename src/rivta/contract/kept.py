"""A domain as an earlier run read it, as long as nothing has changed that it was read from."""

import re
from pathlib import Path

from rivta.contract import general
from rivta.contract.domain import FILE, read_domain
from rivta.contract.packages.store import PackageStore
from rivta.model.domain import Domain
from rivta.text import cache, places

_KIND = "domains"
_NAMED = re.compile(r"^domain:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)


def inputs_of(folder: Path) -> cache.Inputs | None:
    """What the domain in a folder is read from: the folder, the general parts that it may build on, the packages that are installed of it.

    None where that cannot be told; the domain is to be read then.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    roots = (folder.resolve().parent, places.suites())
    generals = (each.parent for root in roots for each in sorted(root.glob(f"*/{general.FILE}")))
    named, store = _NAMED.search(text), PackageStore().folder
    if "package" not in text or named is None:
        return cache.Inputs.of((folder, *generals), str(folder))
    installed = sorted(map(str, store.glob("*/*.json")))
    return cache.Inputs.of((folder, *generals, store / named[1]), str(folder), installed)


def kept_domain(folder: Path, inputs: cache.Inputs | None = None) -> Domain:
    """What `read_domain` gives of these inputs, which are those of the folder: from what was kept, else read, and kept."""
    if inputs is None:
        return read_domain(folder)
    found = cache.read_before(_KIND, inputs)
    if isinstance(found, Domain):
        return found
    read = read_domain(folder)
    if inputs == inputs_of(folder):  # nobody has saved a file in the meantime
        cache.keep_read(_KIND, inputs, read)
    return read
