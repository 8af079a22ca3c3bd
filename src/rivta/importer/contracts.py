"""The contracts of a project: its own copy of WSDL and schemas as files, with every address in them made one within the folder.

What SoapUI keeps may be older than the contract's release package. A domain can be told to take the package instead, by `package:`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path, PurePosixPath

from lxml import etree

from rivta.contract.declarations import Declared, names_in
from rivta.contract.packages.reading import Guess, guessed
from rivta.contract.packages.store import Installed, PackageStore
from rivta.contract.wsdl import Wsdl, read_wsdl
from rivta.importer.project import Interface, Project
from rivta.model.errors import RivtaError, Unwritable
from rivta.model.frozen import frozen
from rivta.text.files import write_file
from rivta.text.xml import parse

_WSDL, _SOAP = "http://schemas.xmlsoap.org/wsdl/", "http://schemas.xmlsoap.org/wsdl/soap/"
_SCHEMA = "http://www.w3.org/2001/XMLSchema"
_LINKS = {f"{{{_SCHEMA}}}{name}": "schemaLocation" for name in ("import", "include", "redefine")} | {
    f"{{{_WSDL}}}import": "location"
}
_RIV = re.compile(r"urn:riv:(?P<domain>[\w.:-]+?):\w+Responder:(?P<major>\d+)$")
_VERSION = re.compile(r"_(\d+(?:\.\d+)+)_")


@frozen
class ImportedContract:
    """One operation of a SOAP interface, as a contract of ours. `key` is what it is called in its domain, `folder` where its suites lie."""

    domain: str
    name: str
    version: str
    key: str
    interface: str
    wsdl: PurePosixPath
    facts: Wsdl
    guess: Guess | None
    names: Declared = field(repr=False)
    package: str = ""
    """The version of the installed release package that its WSDL lies in; empty where that is the project's own copy."""

    @property
    def id(self) -> str:
        """What it is called everywhere."""
        return f"{self.domain}/{self.key}"

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    @property
    def folder(self) -> str:
        return self.key.replace("@", ".")

    @property
    def record(self) -> str:
        """The local name of the element that repeats; empty where it is not known what its answers hold."""
        return self.guess.said["path"].rpartition("/")[2] if self.guess and self.guess.is_whole else ""


Contracts = Mapping[tuple[str, str], ImportedContract]
"""By interface and operation."""


def written(project: Project, folder: Path, store: PackageStore | None = None) -> tuple[Contracts, Mapping[str, str]]:
    """The contracts, and the interfaces or operations that are none, each with the reason.

    The files of a contract are those of an installed release package, where one has it, else the project's own below `folder`.
    """
    installed = {each.domain: each for each in (store or PackageStore()).all()}
    left = {each.name: "no SOAP" for each in project.interfaces if not each.is_soap}
    known: dict[tuple[str, str, str], ImportedContract] = {}
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for interface, operation in (
        (each, name) for each in project.interfaces if each.is_soap for name in each.operations
    ):
        try:
            contract = _contract(interface, operation, folder, installed)
        except Unwritable:
            raise
        except (RivtaError, OSError) as trouble:
            left[f"{interface.name}/{operation}"] = getattr(trouble, "what", str(trouble))
        else:
            same = found[interface.name, operation] = (contract.domain, contract.name, contract.major)
            known.setdefault(same, contract)
    many = Counter((domain, name) for domain, name, _ in known)
    keyed = {  # where a domain has a contract in several major versions, each is called by its own
        same: replace(each, key=f"{each.name}@{each.major}") if many[same[:2]] > 1 else each
        for same, each in known.items()
    }
    return {place: keyed[same] for place, same in found.items()}, left


def _contract(
    interface: Interface, operation: str, folder: Path, installed: Mapping[str, Installed]
) -> ImportedContract:
    root, documents = _documents(interface)
    documents[root] = wsdl = _pruned(documents[root], operation)
    target = wsdl.get("targetNamespace", "")
    riv = _RIV.search(_request_namespace(wsdl) or target)
    domain, major = (riv["domain"], riv["major"]) if riv else (target, "1")
    domain, version = _domain(domain), _version(interface, major)
    known, package = installed.get(domain), ""
    packaged = next(_in_package(known, operation, major), None) if known else None
    if known and packaged:
        (version, path), package = packaged, known.version
        facts = read_wsdl(known.folder / path)
    else:
        path = PurePosixPath("schemas", f"{operation}.{version}", root)
        place = folder / domain / "schemas" / f"{operation}.{version}"
        for name, document in documents.items():
            write_file(place / name, etree.tostring(document, xml_declaration=True, encoding="UTF-8"))
        facts = read_wsdl(folder / domain / path)
    names = names_in(facts.schemas.documents.values())
    return ImportedContract(
        domain, operation, version, operation, interface.name, path, facts, guessed(facts), names, package
    )


def _in_package(installed: Installed, operation: str, major: str) -> Iterator[tuple[str, PurePosixPath]]:
    """The version and the WSDL of a contract in a release package."""
    for title, wsdl in installed.contracts.items():
        name, _, version = title.partition(" ")
        if (name, version.partition(".")[0]) == (operation, major):
            yield version, PurePosixPath(wsdl)


def _request_namespace(wsdl: etree._Element) -> str:
    """The namespace of the first element that a message is made of."""
    for part in wsdl.iter(f"{{{_WSDL}}}part"):
        prefix, _, _ = part.get("element", "").rpartition(":")
        if (namespace := part.nsmap.get(prefix or None, "")) and "Responder" in namespace:
            return str(namespace)
    return ""


def _domain(name: str) -> str:
    return ".".join(re.findall(r"\w+", re.sub(r"^(urn|https?):", "", name), re.ASCII)) or "soap"


def _version(interface: Interface, major: str) -> str:
    name = interface.root.replace("\\", "/").rpartition("/")[2]
    told = _VERSION.search(name) or _VERSION.search(interface.definition)
    return told[1] if told and told[1].partition(".")[0] == major else f"{major}.0"


# The documents


def _parts(address: str) -> tuple[str, ...]:
    """An address as names of folders and a file, none of which leads anywhere else."""
    plain = re.sub(r"^\w+:(?=[/\\])", "", address).replace("\\", "/")
    kept: list[str] = []
    for part in plain.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(re.sub(r"[^\w.-]", "_", part))
    return tuple(kept)


def _documents(interface: Interface) -> tuple[str, dict[str, etree._Element]]:
    """The name of the WSDL, and every document by its name in one folder. Links that lead to none of them are taken away."""
    if not interface.documents:
        remedy = "let SoapUI keep one (Cache Definitions, of the project), and save it again"
        raise RivtaError(f"the project keeps no copy of its WSDL: {remedy}")
    kept = {_parts(url): parse(text.encode(), path=url, is_message=False) for url, text in interface.documents.items()}
    names: dict[tuple[str, ...], str] = {}
    for number, parts in enumerate(kept):
        name = parts[-1] if parts else "document"
        names[parts] = f"{number}-{name}" if name in names.values() else name
    for parts, document in kept.items():
        for link in document.iter(*_LINKS):
            attribute = _LINKS[str(link.tag)]
            to = names.get(_resolved(parts, link.attrib.pop(attribute, "")), "")
            link.attrib.update({attribute: to} if to else {})
    wsdls = (parts for parts, each in kept.items() if each.tag == f"{{{_WSDL}}}definitions")
    root = names.get(_parts(interface.root)) or names.get(next(wsdls, ("",)))
    if not root:
        raise RivtaError("the project's copy of it has no WSDL")
    return root, {names[parts]: document for parts, document in kept.items()}


def _resolved(where: tuple[str, ...], link: str) -> tuple[str, ...]:
    is_whole = re.match(r"\w+:|/", link) is not None
    return _parts(link if is_whole else "/".join((*where[:-1], link)))


def _pruned(wsdl: etree._Element, operation: str) -> etree._Element:
    """A WSDL with one operation, bound to SOAP 1.1 once, in one service with one port."""
    wsdl = etree.fromstring(etree.tostring(wsdl))
    bound = [each for each in wsdl.iterfind(f"{{{_WSDL}}}binding") if each.find(f"{{{_SOAP}}}binding") is not None]
    of = {each: [one.get("name") for one in each.iterfind(f"{{{_WSDL}}}operation")] for each in bound}
    binding = next((each for each in bound if operation in of[each]), None)
    if binding is None:
        raise RivtaError("it is not bound to SOAP 1.1")
    ports = wsdl.iterfind(f"{{{_WSDL}}}service/{{{_WSDL}}}port")
    port = next((each for each in ports if _local(each.get("binding", "")) == binding.get("name")), None)
    kept = {binding, port, port.getparent() if port is not None else None}
    named = {"portType": _local(binding.get("type", "")), "operation": operation}
    for each in [*wsdl.iter(*(f"{{{_WSDL}}}{name}" for name in ("binding", "service", "port", *named)))]:
        name, above = etree.QName(each).localname, each.getparent()
        if above is not None and (each.get("name") != named[name] if name in named else each not in kept):
            above.remove(each)
    return wsdl


def _local(name: str) -> str:
    return name.rpartition(":")[2]
