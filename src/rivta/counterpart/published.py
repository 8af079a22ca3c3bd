"""What the counterpart shows of its contracts: `?wsdl` at each address, and the schemas that a WSDL refers to.

Only the files of the contracts themselves, each under the one path where a client that follows the WSDL's relative references
will look for it; no path from outside is ever opened.
"""

import os.path
import posixpath
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from rivta.contract import read_wsdl
from rivta.counterpart.composing import HttpAnswer, refusal
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract

_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"


def paths_of(contracts: Contracts[Contract]) -> dict[str, str]:
    """Where each contract is published, by identity. The domain stands first where two domains share the name."""
    paths = Counter(each.path for each in contracts.values())
    return {
        identity: each.path if paths[each.path] == 1 else f"/{each.domain}{each.path}"
        for identity, each in contracts.items()
    }


class Published:
    """The documents of some contracts, by path. `base` is the URL that the paths stand below."""

    def __init__(self, contracts: Contracts[Contract], base: str) -> None:
        self._base = base
        self._wsdls = {path: contracts[identity].wsdl for identity, path in paths_of(contracts).items()}
        self._schemas: dict[str, Path] = {}
        for path, wsdl in self._wsdls.items():
            for file in read_wsdl(wsdl).schemas.files[1:]:
                relative = Path(os.path.relpath(file, wsdl.parent.resolve())).as_posix()
                self._schemas.setdefault(posixpath.normpath(posixpath.join(posixpath.dirname(path), relative)), file)

    def answer(self, raw_path: str) -> HttpAnswer:
        """A WSDL with our own address in it, or a schema; 404 for what is not there, 405 for an address without `?wsdl`."""
        asked = urlsplit(raw_path)
        if asked.path in self._wsdls:
            return HttpAnswer(200, self._wsdl(asked.path)) if asked.query.lower() == "wsdl" else refusal(405)
        schema = self._schemas.get(asked.path)
        return refusal(404) if schema is None else HttpAnswer(200, schema.read_bytes())

    def _wsdl(self, path: str) -> bytes:
        root = etree.parse(self._wsdls[path], etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        for address in root.iter(_ADDRESS):
            address.set("location", self._base + path)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
