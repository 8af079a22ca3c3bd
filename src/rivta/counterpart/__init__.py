"""The counterpart: a SOAP server that plays the other party, plain or over mutual TLS, in a thread of this process.

    with listen(domain, listening, folder) as counterpart:
        with counterpart.wait(wanted) as waiter:
            call = waiter.take(seconds)

listening    the counterpart as others know it
server       the thread and its event loop
door         connections: accepted, their handshakes made, what became of those without a call
handshake    our side of TLS
connection   one connection: its bytes in and out
intake       a request as it comes in, and its body
reception    what happens to it: judged, put on disk, answered
judging      whose message it is, what it is known by, whether it holds
desk         who waits for what, how a call is answered, the shelf of calls that nobody has taken
arrival      a call as it is remembered
diagnosis    what is likely wrong while no call comes
answers, shape, platform    what is said back, in the contract's form or the national platform's
published    ?wsdl and its schemas
"""

from rivta.counterpart.arrival import Wanted
from rivta.counterpart.desk import Waiting
from rivta.counterpart.listening import Counterpart, listen

__all__ = ["Counterpart", "Waiting", "Wanted", "listen"]
