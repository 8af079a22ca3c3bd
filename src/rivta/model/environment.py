"""What defines a run besides its suites: the system under test, where it answers, where we listen, with which certificates."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from rivta.model.contracts import ContractId
from rivta.model.frozen import frozen
from rivta.model.steps import Behaviour
from rivta.model.words import Source, Value


@frozen
class System:
    """The system under test, as the declaration names it."""

    organisation: str
    product: str
    version: str
    organisation_number: str = ""


@frozen
class Endpoint:
    """Where one contract is answered: the URL, and the HSA-id of the addressed unit. `source` is where the URL is written."""

    contract: str
    url: str
    logical_address: str
    source: Source | None = field(default=None, compare=False)


@frozen
class Api:
    """Where what an OpenAPI document describes is offered: the URL that its paths go on from, and HTTP headers, such as a key."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@frozen
class TlsFiles:
    """Our function certificate and key, the authorities that we trust, and what they have revoked (CRL). PEM files, the first also PKCS#12.

    `server_name` is the host that the other side's certificate is for, where the URL names another, as through a tunnel.
    """

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    crl: Path | None = None
    password: str | None = field(default=None, repr=False)
    server_name: str = ""


OFFERS = (
    *(
        "own",
        "server",
        "expired",
        "not-yet-valid",
        "wrong-ca",
        "wrong-host",
        "no-hsa-id",
        "weak-key",
        "sha1",
        "revoked",
    ),
    *("TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"),
)
"""What is offered to a system that calls us, in the order of the ports on which it is, where those are fixed."""


@frozen
class Offer:
    """Our side of a handshake that is tried: what we show, the only version of TLS that we speak (empty: 1.2 and later), whom we trust.
    `name` is what our certificate is called.

    `trusts` those whom the files name, `roots` among them alone, or the issuers of our own certificate besides. `resumes`: a second
    connection goes on with the session of the first.
    """

    files: TlsFiles
    name: str
    version: str = ""
    trusts: Literal["named", "roots", "besides"] = "named"
    resumes: bool = False

    @property
    def called(self) -> str:
        """Which of OFFERS it is."""
        return f"TLS {self.version}" if self.version else self.name


@frozen
class Proxy:
    """What our calls go through, by CONNECT. `name` and `password` are shown to it; hosts in `beside` are called without it.

    A host stands for itself and all below it, `*` for all.
    """

    host: str
    port: int
    name: str = ""
    password: str = field(default="", repr=False)
    beside: tuple[str, ...] = ()


@frozen
class Cooperation:
    """Where the cooperation API is, which knows who is registered at the platform, and the platform's number there (empty: any)."""

    url: str
    point: str = ""


@frozen
class StandingAnswer:
    """How calls are answered that no running case waits for. `when` is as in `Receive`; no `contract` means any."""

    when: Mapping[str, str]
    answer: Behaviour
    contract: str = ""


@frozen
class Listening:
    """Where and how the counterpart listens, for the system under test to call.

    Port 0 is any free one. With a `certificate` in `tls` it speaks TLS; with `ca` it asks for the caller's certificate and
    says as a finding if none was shown. `url` is how the system reaches us when that is not host and port (a proxy).
    `addresses` are the logical addresses that we answer for, none means any. `time_factor` is by how much time is compressed
    in rules over time (5 minutes at 60 are 5 seconds); 1 is real time. `overlap` is how many cases may be under way at once, and `spare`
    what those that watch have in place of test data of that name, each one of its own. `first_offer` is the first of the ports on which OFFERS are,
    each on one of its own; 0 is any free ones.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: TlsFiles = field(default_factory=TlsFiles)
    url: str = ""
    addresses: tuple[str, ...] = ()
    time_factor: float = 1.0
    answers: tuple[StandingAnswer, ...] = ()
    limit_bytes: int = 15 * 1024 * 1024
    overlap: int = 20
    spare: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    first_offer: int = 0

    @property
    def offers(self) -> Mapping[str, int]:
        """The port of each of OFFERS; 0 where none is fixed."""
        return {name: self.first_offer and self.first_offer + n for n, name in enumerate(OFFERS)}


@frozen
class Adapter:
    """What makes the system under test act without a person: a command that is given JSON, or a URL that it is posted to.

    `seconds` is how long it may take, `settles` how long after it says that it is done a call may still come.
    """

    command: tuple[str, ...] = ()
    url: str = ""
    seconds: float = 30.0
    settles: float = 30.0


@frozen
class Environment:
    """What defines a run: who is tested, in which roles, where, with what data. Secrets never show in `repr`."""

    path: Path
    system: System
    roles: tuple[str, ...]
    endpoints: Mapping[str, Endpoint]
    tls: TlsFiles
    connect_seconds: float
    read_seconds: float
    original_consumer: str
    headers: Mapping[str, str]
    test_identities: frozenset[str]
    test_data: Mapping[str, Value]
    not_applicable: Mapping[str, str]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    listening: Listening | None = None
    """None: nothing can call us, and cases that wait for a call are not proven."""
    adapter: Adapter | None = None
    page_tls: TlsFiles = field(default_factory=TlsFiles)
    """The certificate of the page on which a person plays; without one it speaks HTTP."""
    within: float | None = None
    """How long a call is waited for, in seconds, in place of what each step says."""
    proxy: Proxy | None = None
    test_certificates: Path | None = None
    """The folder of good and bad certificates of an authority that the system trusts for tests (`rivta certs demo`)."""
    apis: Mapping[str, Api] = field(default_factory=dict)
    """By the name of the domain whose document describes it."""
    cooperation: Cooperation | None = None
    """None: nobody is asked who is registered."""

    def endpoint(self, contract: ContractId) -> Endpoint | None:
        """Where a contract is answered: under whichever word the environment calls it by, the one that says most first."""
        return next((self.endpoints[word] for word in reversed(contract.words) if word in self.endpoints), None)
