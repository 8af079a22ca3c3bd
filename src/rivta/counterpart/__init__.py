"""The counterpart: plays the other party, called over a port, plain or over mutual TLS, or from within the process.

    with listen(domain, listening, folder) as counterpart:
        with counterpart.wait(matcher) as waiter:
            call = waiter.take(seconds)

`handler` is the one way of a call: judged, on disk, matched with who waits, answered.
"""

from rivta.counterpart.counterpart import Counterpart, listen
from rivta.counterpart.matching import Waiter
