"""A system of any domain, small but real, to try a suite on or to break on purpose.

    bytes ──► validation ──► decide ──► reply ──► bytes          server ── handler ── body
                   faults change what is let in, decided, written and sent

    order ──► acting ──► outgoing ──► post ──► client ──► answered
                   faults change what is written, sent, sent again and shown

validation   SOAP, contract, unit, schema, rules: what a message must be before it is considered
folder       a domain's own half, read from `suites/<domain>/reference/`
reference    its small world as data; `faults.file` its named faults as data
edit         conditions and edits by XPath, of which both are made
reply        what is said back, and what its own code demands of a message, by names that a fault can skip
store        records in SQLite, and what the user has been shown
order        what the system is told to do, or asked, by a test runner's adapter
several      systems of several domains as one, and what a user does in it that takes several of them
platform     the national platform in front of it: routes, permissions, errors of its own
post         first attempts and resends, by `patience`
"""

from rivta.simulator.acting import Acting, Action, Context, NotDone, Question, filled, shows
from rivta.simulator.faults import Fault
from rivta.simulator.folder import Simulated, has_demo, read, read_data, unfit_records
from rivta.simulator.order import Display, Done, Order
from rivta.simulator.outgoing import Draft
from rivta.simulator.platform import Platform, RoutingCatalogue
from rivta.simulator.post import Caller, Post
from rivta.simulator.reference import Reference, Unit
from rivta.simulator.reply import Demand, Outcome, Reply, Result, SoapFault
from rivta.simulator.server import Server, serve
from rivta.simulator.several import Part, Several
from rivta.simulator.store import WARNING, RecordStore
from rivta.simulator.system import Simulator
from rivta.simulator.validation import IncomingMessage
