"""Adapters: what makes a system under test act without a person, a program that is given JSON or a URL that it is posted to.

An order says what the system is to do, or asks what only who sits at it can see; the answer says what came of it. Whatever
else happens (no program, no connection, no time, no JSON) is trouble of the environment's, never the system's fault.

orders     what is said to an adapter, and what it may answer
actor      an adapter as the conductor knows whoever makes a system act: a program run, or a URL posted to, for each order
"""

from rivta.run.adapter.actor import AdapterActor, of
from rivta.run.adapter.orders import VERSION
