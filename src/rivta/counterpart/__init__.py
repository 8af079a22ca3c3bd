"""The counterpart: plays the other party, called over a port, plain or over mutual TLS, or from within the process.

    with listen(domain, listening, folder) as counterpart:
        with counterpart.wait(matcher) as waiter:
            call = waiter.take(seconds)

counterpart  the counterpart as others know it
handler      the one way of a call: judged, on disk, matched, answered
judging      whose message it is, what it is known by, whether it holds
matching     who waits for which call, how it is answered, what nobody took
composing    what is said back, in the contract's form or the national platform's
diagnosis    what is likely wrong while no call comes
listener     a port, its thread and loop; what is asked and said on connections
connection   one connection: its handshake, its bytes in and out
handshakes   a port of its own for one handshake that is tried
shared       the counterpart of one process, for the cases of others
published    ?wsdl and its schemas
"""

from rivta.counterpart.counterpart import Counterpart, listen
from rivta.counterpart.matching import Waiter
