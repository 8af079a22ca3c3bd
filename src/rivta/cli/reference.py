"""`rivta reference`: the embedded reference system, to try a suite on or to break on purpose."""

import argparse
from pathlib import Path

from rivta import contract, reference
from rivta.cli.arguments import address, stopping
from rivta.model.errors import UsageError, did_you_mean
from rivta.text import places

_DOMAIN = "clinicalprocess.activity.request"
_ROLES = ("remissmottagare", "remittent")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its roles, where it listens, what it does wrong, what it remembers."""
    parser.add_argument(
        "--role", action="append", choices=_ROLES, help="the role it plays; may be given twice (default: both)"
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:8020", metavar="HOST:PORT", help="where it listens (default: 127.0.0.1:8020)"
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="something it does wrong; may be repeated"
    )
    parser.add_argument("--list-faults", action="store_true", help="print the named faults and what each one breaks")
    parser.add_argument(
        "--referrals", metavar="FILE", help="referrals that it knows from before (default: those of the demo)"
    )
    parser.add_argument(
        "--database", default=":memory:", metavar="FILE", help="where it keeps its state (default: in memory)"
    )
    parser.add_argument("--tls-certificate", metavar="PEM", help="speak TLS with this certificate")
    parser.add_argument("--tls-key", metavar="PEM", help="the certificate's key")
    parser.add_argument("--tls-ca", metavar="PEM", help="demand a client certificate from this authority")
    parser.add_argument("--client-certificate", metavar="PEM", help="show this certificate where it calls over TLS")
    parser.add_argument("--client-key", metavar="PEM", help="that certificate's key")
    parser.add_argument("--client-ca", metavar="PEM", help="trust this authority where it calls over TLS")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    if args.list_faults:
        _print_faults()
        return 0
    domain = contract.read_domain(places.suites() / _DOMAIN)
    referrals = reference.read_referrals(
        Path(args.referrals) if args.referrals else places.reference() / "referrals.yaml"
    )
    roles = tuple(args.role or _ROLES)
    system = reference.ReferenceSystem(
        domain=domain,
        roles=roles,
        faults=_known_faults(args.fault),
        referrals=referrals,
        database=args.database,
    )
    host, port = address(args.listen, 8020)
    with reference.serve(system, host=host, port=port, tls=_tls(args), calling=_calling(args)) as server:
        print(
            f"The reference system answers at {server.url} as {', '.join(roles)}. Stop it with Ctrl-C.\n"
            f"An adapter tells it what to do at {server.act_url}.",
            flush=True,
        )
        stopping().wait()
    return 0


def _print_faults() -> None:
    width = max(len(name) for name in reference.FAULTS)
    for name, fault in reference.FAULTS.items():
        print(f"{name:<{width}}  {fault.text.en} (breaks {', '.join(fault.breaks)})")


def _known_faults(names: list[str]) -> tuple[str, ...]:
    for name in names:
        if name not in reference.FAULTS:
            raise UsageError(f"there is no fault “{name}”", todo=did_you_mean(name, reference.FAULTS))
    return tuple(names)


def _tls(args: argparse.Namespace) -> reference.ServerTls | None:
    if not args.tls_certificate:
        return None
    ca = Path(args.tls_ca) if args.tls_ca else None
    key = Path(args.tls_key) if args.tls_key else Path(args.tls_certificate)
    return reference.ServerTls(certificate=Path(args.tls_certificate), key=key, ca=ca)


def _calling(args: argparse.Namespace) -> reference.ClientTls | None:
    if not (args.client_certificate or args.client_ca):
        return None
    ca, certificate, key = (
        Path(name) if name else None for name in (args.client_ca, args.client_certificate, args.client_key)
    )
    return reference.ClientTls(ca=ca, certificate=certificate, key=key)
