"""A system that accepts every referral with a log id of its own each time, in a process of its own."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import PIPE, Popen

_ANSWER = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<r:ProcessRequestResponse xmlns:r="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2" '
    'xmlns:c="urn:riv:clinicalprocess:activity:request:2"><r:result><c:resultCode>OK</c:resultCode>'
    "<c:logId>{}</c:logId></r:result></r:ProcessRequestResponse></soapenv:Body></soapenv:Envelope>"
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = _ANSWER.format(uuid.uuid4()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def system() -> Iterator[str]:
    """The URL of such a system for as long as it is needed."""
    with Popen([sys.executable, "-m", "benchmarks.answering"], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
