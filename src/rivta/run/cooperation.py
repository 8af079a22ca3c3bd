"""What the cooperation API has (samverkans-API:et), version 1 or 2: who is registered as a producer at the platform, and of which major version."""

import json
import re
from collections.abc import Iterable
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from rivta.model.domain import Contract
from rivta.model.environment import Proxy
from rivta.model.errors import UsageError
from rivta.transport.connection import bracketed, is_for

Registered = frozenset[tuple[str, str]]
"""Logical address, in capitals, and namespace of the contract."""
_LIMIT_BYTES = 50 * 1024 * 1024
_MAJOR = re.compile(r":(\d+)$")
_TODO = "look at --cooperation, or at cooperation: in the environment"


def registered(
    base: str, contracts: Iterable[Contract], point: str, seconds: float, proxy: Proxy | None = None
) -> Registered:
    """Who is registered as a producer of these contracts, at a connection point by its number (empty: at any). UsageError where it does not tell."""
    found: set[tuple[str, str]] = set()
    at = {"connectionPointId": point} if point else {}
    for contract in {str(each.id): each for each in contracts}.values():
        for known in _asked_for(base, "serviceContracts", {"namespace": contract.namespace, **at}, seconds, proxy):
            query = {"serviceContractId": str(known.get("id", "")), "include": "logicalAddress", **at}
            for each in _asked_for(base, "serviceProductions", query, seconds, proxy):
                # The published description spells it with one d.
                address = each.get("logicalAddress") or each.get("logicalAdress") or {}
                found.add(key(str(address.get("logicalAddress", "")), contract))
    return frozenset(found)


def key(address: str, contract: Contract) -> tuple[str, str]:
    return address.upper(), contract.namespace


def _asked_for(
    base: str, what: str, query: dict[str, str], seconds: float, proxy: Proxy | None
) -> list[dict[str, Any]]:
    url = f"{base.rstrip('/')}/{what}?{urlencode(query)}"
    try:
        request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the reader of words demands http
        with build_opener(_through(proxy, urlsplit(url).hostname or "")).open(request, timeout=seconds) as answer:
            said = json.loads(answer.read(_LIMIT_BYTES))
    except (OSError, ValueError, HTTPException) as trouble:
        why = getattr(trouble, "reason", None) or type(trouble).__name__
        raise UsageError(f"{url}: the cooperation API does not tell ({why})", todo=_TODO) from trouble
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise UsageError(f"{url}: this is no list of what the cooperation API has", todo=_TODO)
    return said


def _through(proxy: Proxy | None, host: str) -> ProxyHandler:
    """The environment's proxy, and never one that the process environment alone names."""
    if not is_for(proxy, host):
        return ProxyHandler({})
    known = f"{quote(proxy.name, '')}:{quote(proxy.password, '')}@" if proxy.name else ""
    place = f"http://{known}{bracketed(proxy.host)}:{proxy.port}"
    return ProxyHandler({"http": place, "https": place})


def namespaces_at(base: str, address: str, point: str, seconds: float, proxy: Proxy | None = None) -> frozenset[str]:
    """The namespaces of the contracts that a logical address is registered to answer. UsageError where it does not tell."""
    at = {"connectionPointId": point} if point else {}
    found: set[str] = set()
    for known in _asked_for(base, "logicalAddresses", {"logicalAdress": address, **at}, seconds, proxy):
        if str(known.get("logicalAddress", "")).upper() == address.upper():
            query = {"logicalAddressId": str(known.get("id", "")), "include": "serviceContract", **at}
            productions = _asked_for(base, "serviceProductions", query, seconds, proxy)
            found |= {str((each.get("serviceContract") or {}).get("namespace", "")) for each in productions}
    return frozenset(found)


def majors_of(contract: Contract, namespaces: Iterable[str]) -> tuple[str, ...]:
    """The major versions of a contract among namespaces that are registered, whichever the contract's own is."""
    name = _MAJOR.sub("", contract.namespace)
    majors = (_MAJOR.search(each) for each in namespaces if _MAJOR.sub("", each) == name)
    return tuple(sorted(each[1] for each in majors if each))
