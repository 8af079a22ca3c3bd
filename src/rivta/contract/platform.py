"""What the national service platform (VP) says in its own name: errors, HTTP 500 and a SOAP 1.1 Fault with a code of its own, and the
SOAP header by which an aggregating service says how an answer came to be.

The texts are those that a consumer sees, from the platform's own list of messages: `faultstring` is the code, the platform's
name in brackets and the text; `detail` holds a `detailString` in no namespace.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from rivta.contract.envelope import SOAP
from rivta.model.frozen import frozen
from rivta.text.catalogue import own

NAME = "rivta"
"""What stands where a platform gives its name."""


@frozen
class PlatformError:
    """One of the platform's errors. `detail` has `%s` where what the call was about goes."""

    side: Literal["Client", "Server"]
    text: str
    detail: str


_LIST = own(Path(__file__).with_name("platform.yaml"))
ERRORS: Mapping[str, PlatformError] = {code: PlatformError(**each) for code, each in _LIST.items()}


def fault(code: str, about: str, name: str = NAME) -> str:
    """The envelope of an error of the platform of that name. `about` says what the call was about, as `about_call` writes it. KeyError for an unknown code."""
    error = ERRORS[code]
    detail = error.detail.replace("%s", about).strip()
    return (
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}"><SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"<faultcode>SOAP-ENV:{error.side}</faultcode><faultstring>{code} [{escape(name)}] {escape(error.text)}</faultstring>"
        f"<detail><detailString>{escape(detail)}</detailString></detail>"
        "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )


def about_call(namespace: str, address: str, sender: str = "") -> str:
    """What the platform says that a call was about. `sender` is the caller's HSA-id, given where permission is missing."""
    said = f"serviceNamespace: {namespace}, receiverId: {address}"
    return f"{said}, senderId: {sender}" if sender else said


_PROCESSING = "urn:riv:interoperability:headers:1"


def processing_status(code: str, address: str, now: str) -> str:
    """The SOAP header ProcessingStatus, about one source system. `now` is written YYYYMMDDhhmmss.

    Source: the schema interoperability_headers 1.0, which says what goes with each status code.
    """
    is_failed = code.endswith("SynchFailed")
    parts = {
        "logicalAddress": address,
        "statusCode": code,
        "isResponseFromCache": str(code.startswith("DataFromCache")).lower(),
        "isResponseInSynch": str(not is_failed).lower(),
        "lastSuccessfulSynch": "" if code == "NoDataSynchFailed" else now,
    }
    said = "".join(f"<p:{name}>{escape(text)}</p:{name}>" for name, text in parts.items())
    trouble = (
        f"<p:lastUnsuccessfulSynch>{now}</p:lastUnsuccessfulSynch><p:lastUnsuccessfulSynchError>"
        "<p:causingAgent>service_producer</p:causingAgent><p:code>VP009</p:code>"
        f"<p:text>{escape(ERRORS['VP009'].text)}</p:text></p:lastUnsuccessfulSynchError>"
    )
    return (
        f'<p:ProcessingStatus xmlns:p="{_PROCESSING}"><p:ProcessingStatusList>{said}{trouble if is_failed else ""}'
        "</p:ProcessingStatusList></p:ProcessingStatus>"
    )
