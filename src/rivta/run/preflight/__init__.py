"""Whether anything but the system could make a run red: tried before the first case, so that a mistake in what surrounds it is told once.

The certificates, each endpoint with one question that no system can take for an order, the port that the system calls us on, the
adapter, the disk. Nothing here judges the system: what may be its own doing is told, and left to the cases.
"""

from rivta.run.preflight.endpoints import Tried, asked, with_advice
from rivta.run.preflight.order import explored, needs, not_given, preflight
