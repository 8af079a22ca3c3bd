"""What a certificate says of its holder, from the form in which Python's ssl gives it."""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

_SHORT_NAMES = {
    "commonName": "CN",
    "countryName": "C",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "serialNumber": "SERIALNUMBER",
    "stateOrProvinceName": "ST",
}


def name_of(parts: object) -> str:
    """A subject or issuer of `getpeercert`, in short: `O=Region Test, SERIALNUMBER=SE2321000012-TEST`. Empty for none."""
    # A name comes as a tuple of RDNs, each a tuple of (type, value).
    pairs = (pair for rdn in cast("Iterable[Iterable[tuple[str, str]]]", parts or ()) for pair in rdn)
    return ", ".join(f"{_SHORT_NAMES.get(kind, kind)}={value}" for kind, value in pairs)


def expiry_of(not_after: object) -> str:
    """When the certificate runs out, as ISO 8601 in UTC. Empty for none."""
    if not isinstance(not_after, str):
        return ""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC).isoformat().replace("+00:00", "Z")
