"""A server to call, in a process of its own: the counterpart, or the floor that it is held against.

    python -m benchmarks.receiving counterpart|floor FOLDER [CERTIFICATE KEY CA]

The floor is an aiohttp application that parses the message, holds it against the schema with lxml, and answers OK. It prints its
URL and, for each line on its standard input, its resident memory in KB and its CPU time in seconds; at the end of input it stops.
"""

import asyncio
import gc
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from aiohttp import web
from lxml import etree

from rivta import contract
from rivta.cli import SELDOM
from rivta.counterpart import listen
from rivta.counterpart.composing import Composer, answer_to
from rivta.model.domain import Domain
from rivta.model.environment import Listening, TlsFiles
from rivta.model.steps import Behaviour
from rivta.text import places

_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def memory_kb() -> int:
    """What this process has in memory now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def answer_until_told() -> None:
    """The two figures for each line that comes, until the input ends."""
    for _ in sys.stdin:
        print(memory_kb(), time.process_time(), flush=True)


def _domain() -> Domain:
    return contract.read_domain(places.suites() / "clinicalprocess.activity.request")


def counterpart(folder: Path, files: TlsFiles) -> None:
    """The counterpart, recording in `folder`."""
    with listen(_domain(), Listening(tls=files), folder) as running:
        print(running.addresses[str(_domain().contracts["ProcessRequest"].id)], flush=True)
        answer_until_told()


def floor(_: Path, files: TlsFiles) -> None:
    """aiohttp, parse and schema."""
    one = _domain().contracts["ProcessRequest"]
    schema = etree.XMLSchema(etree.parse(one.wsdl.parent / f"{one.name}Responder_{one.version}.xsd"))
    accepted = answer_to(Behaviour(), Composer(one), "", {}).body

    async def answer(request: web.Request) -> web.Response:
        root = etree.fromstring(await request.read())
        assert schema.validate(root.find(_BODY)[0])  # type: ignore[index]  # a floor does not ask what else it might be
        return web.Response(body=accepted, content_type="text/xml", charset="utf-8")

    application = web.Application()
    application.router.add_post("/ProcessRequest/2/rivtabp21", answer)
    _serve(application, _context(files))


def _context(files: TlsFiles) -> ssl.SSLContext | None:
    if files.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _serve(application: web.Application, context: ssl.SSLContext | None) -> None:
    async def run() -> None:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        print(f"http{'s' if context else ''}://127.0.0.1:{port}/ProcessRequest/2/rivtabp21", flush=True)
        await asyncio.Event().wait()

    Thread(target=asyncio.run, args=(run(),), daemon=True).start()
    answer_until_told()


def tls_files(certificate: Path | None = None, key: Path | None = None, ca: Path | None = None) -> TlsFiles:
    """The PEM files as they stand on the command line; none is no TLS."""
    return TlsFiles(certificate, key, ca)


_SERVERS: dict[str, Callable[[Path, TlsFiles], None]] = {"counterpart": counterpart, "floor": floor}

if __name__ == "__main__":
    gc.set_threshold(*SELDOM)  # as every command does
    which, place, *pem = sys.argv[1:]
    _SERVERS[which](Path(place), tls_files(*(Path(file) for file in pem)))
