"""`rivta reference`: the simulated system of a domain, to try a suite on or to break on purpose."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rivta import contract, simulator
from rivta.cli.arguments import address, progress, stopping
from rivta.model.contracts import Contracts
from rivta.model.environment import TlsFiles
from rivta.model.errors import NotInstalled, UsageError, did_you_mean
from rivta.simulator import Part, Several, Simulated, Simulator, platform
from rivta.text import places

_PORT = 8020


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    simulated = simulated_of(args.domain)
    if args.list_faults:
        width = max(map(len, simulated.faults))
        for name, fault in simulated.faults.items():
            breaks = f" (breaks {', '.join(fault.breaks)})" if fault.breaks else ""
            print(f"{name:<{width}}  {fault.text.en}{breaks}")
        return 0
    system = system_of(simulated, args.fault, args.role or (), args.records, args.database)
    host, port = address(args.listen, _PORT)
    front, tls, calling = _platform(args.via_platform, system), _files(args, "tls"), _files(args, "client")
    system.prepare(progress())
    stop = stopping()  # before it is said that it may be stopped
    with system, simulator.serve(system, host=host, port=port, tls=tls, calling=calling, platform=front) as server:
        print(
            f"The reference system answers at {server.url} as {', '.join(system.roles)}. Stop it with Ctrl-C.\n"
            f"An adapter tells it what to do at {server.act_url}.{_tried_by(simulated, server.port)}",
            flush=True,
        )
        stop.wait()
    return 0


def _tried_by(simulated: Simulated, port: int) -> str:
    """The environment that is ready to try it by, where there is one."""
    environment = demo_file(simulated, "environment")
    if environment is None:
        return ""
    moved = "" if port == _PORT else f"; its addresses say port {_PORT}, so copy it and write {port}"
    return f"\nAn environment to try it by: {environment}{moved}"


def simulated_of(name: str | None) -> Simulated:
    """The simulated system of a domain: a shipped one by its name, or any by its folder; without either of the first that has a demo, and
    contracts that need no release package.
    """
    folders = {path.parent.name: path.parent for path in sorted(places.suites().glob("*/domain.yaml"))}
    if name is None:
        for domain in (contract.read_domain(each) for each in folders.values() if simulator.has_demo(each)):
            if domain.contracts and not domain.needs_package:
                return simulator.read(domain)
        raise UsageError("no domain has a demo", todo=f"name the domain by --domain; {did_you_mean('', folders)}")
    folder = folders.get(name, Path(name))
    if not (folder / "domain.yaml").is_file():
        todo = f"{did_you_mean(name, folders)}, or write the path of a domain's folder"
        raise UsageError(f"there is no domain “{name}”", todo=todo)
    domain = contract.read_domain(folder)
    if domain.lacks:
        raise NotInstalled(domain.lacks)
    return simulator.read(domain)


def system_of(
    simulated: Simulated,
    faults: Sequence[str] = (),
    roles: Sequence[str] = (),
    records: Path | None = None,
    database: str = ":memory:",
) -> Simulator | Several:
    """The system, to be started: the domain's own, or those of the domains that it is made of as one."""
    if not simulated.reference.made_of:
        return Simulator(simulated, faults, roles, records_of(simulated, records), database=database)
    parts = [simulated_of(name) for name in simulated.reference.made_of]
    return Several(simulated, [Part(each, records_of(each)) for each in parts], faults)


def records_of(simulated: Simulated, file: Path | None = None) -> object:
    """What the system knows from before: of a file, else of the domain's demo, else nothing."""
    known = file or demo_file(simulated, "records")
    return simulated.read_records(known) if known else None


def demo_file(simulated: Simulated, name: str) -> Path | None:
    """A file of the domain's demo, where there is one."""
    demo = simulated.reference.demo
    return places.reference() / demo.files[name] if demo and name in demo.files else None


def _platform(file: str | None, system: Simulator | Several) -> simulator.Platform | None:
    if file is None:
        return None
    contracts = Contracts(system.contracts)
    catalogue = platform.read(Path(file), contracts) if file else simulator.RoutingCatalogue()
    return simulator.Platform(system.answer, contracts, catalogue, system.clock)


def _files(args: argparse.Namespace, side: str) -> TlsFiles | None:
    """The PEM files of a side, None where none are named."""
    named = {name: getattr(args, f"{side}_{name}") for name in ("certificate", "key", "ca", "crl")}
    return TlsFiles(**named) if any(named.values()) else None
