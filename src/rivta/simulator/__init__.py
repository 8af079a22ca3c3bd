"""A system of any domain, small but real, to try a suite on or to break on purpose.

bytes ──► validation ──► decide ──► reply ──► bytes          a port: server
               faults change what is let in, decided, written and sent

order ──► acting ──► outgoing ──► post ──► client ──► answered
               faults change what is written, sent, sent again and shown
"""

from rivta.simulator.acting import Acting, Action, Context, NotDone, Question, filled, shows
from rivta.simulator.faults import Fault
from rivta.simulator.folder import Simulated, has_demo, read, read_data, unfit_records
from rivta.simulator.order import Display, Done, Order
from rivta.simulator.outgoing import Draft
from rivta.simulator.platform import Platform, RoutingCatalogue
from rivta.simulator.post import Caller, Post
from rivta.simulator.reference import Reference, Unit
from rivta.simulator.reply import Demand, Outcome, Result, SoapFault
from rivta.simulator.server import Server, serve
from rivta.simulator.store import WARNING, RecordStore
from rivta.simulator.system import Part, Several, Simulator
from rivta.simulator.validation import IncomingMessage
from rivta.transport.incoming import Reply
