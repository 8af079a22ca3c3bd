"""Errors as the national service platform (VP) gives them: HTTP 500 and a SOAP 1.1 Fault with a code of its own.

The texts are those that a consumer sees, from the platform's own list of messages: `faultstring` is the code, the platform's
name in brackets and the text; `detail` holds a `detailString` in no namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

NAME = "rivta"
"""What stands where a platform gives its name."""
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class PlatformError:
    """One of the platform's errors. `detail` has `%s` where what the call was about goes."""

    side: Literal["Client", "Server"]
    text: str
    detail: str


_INTERNAL = "Internt fel i tjänsteplattformen."
ERRORS: Mapping[str, PlatformError] = {
    "VP001": PlatformError(
        "Client",
        "Rivta-version saknas i anrop eller stöds ej av tjänsteplattformen.",
        "No RIV version configured",
    ),
    "VP002": PlatformError(
        "Client",
        "Fel i klientcertifikat. Saknas, är av felaktig typ, eller är felaktigt utformad.",
        "No sender ID (SERIALNUMBER) found in certificate. %s",
    ),
    "VP003": PlatformError(
        "Client",
        "Logisk adressat (ReceiverId) saknas i RivHeadern i inkommande meddelande.",
        "No receiverId (logical address) found in message header. %s",
    ),
    "VP004": PlatformError(
        "Client",
        "Det finns inget vägval i tjänsteadresseringskatalogen som matchar anropets logiska adressat (ReceiverId) och "
        "tjänstekontrakt. Kontrollera uppgifterna i anropet och vid behov, beställ konfigurering i aktuell tjänsteplattform.",
        "No receiverId (logical address) found for %s",
    ),
    "VP005": PlatformError(
        "Client",
        "Tjänsteproducenten stödjer inte anropets angivna rivta-version. Kontrollera uppgifterna.",
        "No receiverId (logical address) with matching Riv-version found for %s",
    ),
    "VP006": PlatformError(
        "Server",
        f"{_INTERNAL} Det finns fler än en tjänsteproducent definierad i tjänsteadresseringskatalogen som matchar logisk "
        "adressat (ReceiverId), tjänstekontrakt och dagens datum. Tyder på felkonfiguration. Rapportera felet till "
        "tjänsteplattformsförvaltningen.",
        "More than one receiverId (logical address) with matching Riv-version found for %s",
    ),
    "VP007": PlatformError(
        "Server",
        "Tjänstekonsumenten saknar behörighet att anropa den logiska adressaten via detta tjänstekontrakt. Kontrollera "
        "uppgifterna och vid behov, tillse att det beställs konfiguration i aktuell tjänsteplattform.",
        "Authorization missing for %s",
    ),
    "VP008": PlatformError(
        "Server",
        f"{_INTERNAL} Ingen kontakt med tjänsteadresseringskatalogen. Informera tjänsteplattformsförvaltningen.",
        "No contact with TAK at startup, and no local cache to fallback on, not possible to route call",
    ),
    "VP009": PlatformError(
        "Server",
        "Fel vid kontakt med tjänsteproducenten.",
        "Error connecting to service producer at address %s",
    ),
    "VP010": PlatformError(
        "Server",
        f"{_INTERNAL} URL saknas för tjänsteproducenten i tjänsteplattformens tjänsteadresseringskatalog.",
        "Physical Address field is empty in Service Producer for %s",
    ),
    "VP011": PlatformError(
        "Client",
        "Anrop har gjorts utanför TLS vilket ej är tillåtet. Tjänstekonsumenten ska alltid använda TLS för säker "
        "kommunikation.",
        "Caller was not on the white list of accepted IP-addresses. %s",
    ),
    "VP012": PlatformError(
        "Server",
        f"{_INTERNAL} Nödvändiga resurser saknas för att VP skall fungera.",
        "Server problem, VP does not have all necessary resources to operate. %s",
    ),
    "VP013": PlatformError(
        "Client",
        "Enligt tjänsteplattformens konfiguration saknar tjänstekonsumenten rätt att använda headern "
        "x-rivta-original-serviceconsumer-hsaid. Kontakta tjänsteplattformsförvaltningen.",
        "Sender is not approved to set header x-rivta-original-serviceconsumer-hsaid.",
    ),
    "VP014": PlatformError(
        "Server",
        "Anropsförmedlingen för den logiska adressaten har givit upphov till rundgång mellan tjänsteplattformar. Rapportera "
        "felet till tjänsteplattformsförvaltningen.",
        "",
    ),
    "VP015": PlatformError(
        "Client",
        "Anrop ej korrekt utformat och kan därför inte behandlas.",
        "The request could not be read properly. %s",
    ),
}


def fault(code: str, about: str) -> str:
    """The envelope of an error. `about` says what the call was about, as `about_call` writes it. KeyError for an unknown code."""
    error = ERRORS[code]
    detail = error.detail.replace("%s", about).strip()
    return (
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}"><SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"<faultcode>SOAP-ENV:{error.side}</faultcode><faultstring>{code} [{NAME}] {escape(error.text)}</faultstring>"
        f"<detail><detailString>{escape(detail)}</detailString></detail>"
        "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )


def about_call(namespace: str, address: str, sender: str = "") -> str:
    """What the platform says that a call was about. `sender` is the caller's HSA-id, given where permission is missing."""
    said = f"serviceNamespace: {namespace}, receiverId: {address}"
    return f"{said}, senderId: {sender}" if sender else said
