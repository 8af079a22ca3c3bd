"""A system that accepts every referral with a log id of its own each time, in a process of its own."""

import sys
import time
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
    delay_seconds = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.delay_seconds)
        body = _ANSWER.format(uuid.uuid4()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def system(delay_seconds: float = 0.0) -> Iterator[str]:
    """The URL of such a system for as long as it is needed; it answers after so long."""
    with Popen([sys.executable, "-m", "benchmarks.answering", str(delay_seconds)], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    _Handler.delay_seconds = float(sys.argv[1])
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
