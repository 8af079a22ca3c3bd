"""The embedded reference system: small, but real, written against the contract and not against the suites.

    bytes ──► validation ──► incoming ──► demands ──► referral ──► store
                  └───────────────┴───────────┴──► reply ──► bytes

validation   SOAP, contract, unit, schema, rules
incoming     the facts of a message that decisions rest on
demands      the business rules and the national error codes, as a table
referral     what a message makes of a referral
store        referrals in SQLite
reply        a result or a SOAP Fault, and the bytes they become
faults       named faults, each of which breaks a requirement on purpose
server       sockets, TLS; `handler` a connection, `body` what is posted

    order ──► acting ──► desk ──► compose, version ──► letter ──► post ──► client ──► hearing

order        what the system is told to do, or asked, by a test runner's adapter
acting       what it does in each role; `asking` what its user sees
conduct      what must not be sent
desk         a message written, sent and remembered
compose      messages written from nothing; `fuller` a referral with all that is optional; `enclosure` attachments
version      the next version of a referral
post         first attempts and resends, by `patience`
client       one call over HTTP or TLS; `hearing` what its answer means
known        referrals that are there before anything is sent, from YAML
settings     the units and what each can do
"""

from rivta.reference.acting import ACTIONS
from rivta.reference.asking import QUESTIONS
from rivta.reference.client import ClientTls
from rivta.reference.faults import CALLERS, FAULTS, Fault
from rivta.reference.known import read_referrals
from rivta.reference.referral import Referral, Status
from rivta.reference.reply import Reply
from rivta.reference.server import Server, ServerTls, serve
from rivta.reference.settings import Settings, Unit
from rivta.reference.system import ReferenceSystem

__all__ = [
    "ACTIONS",
    "CALLERS",
    "FAULTS",
    "QUESTIONS",
    "ClientTls",
    "Fault",
    "ReferenceSystem",
    "Referral",
    "Reply",
    "Server",
    "ServerTls",
    "Settings",
    "Status",
    "Unit",
    "read_referrals",
    "serve",
]
