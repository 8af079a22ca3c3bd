"""Adapters: what makes a system under test act without a person, a program that is given JSON or a URL that it is posted to.

An order says what the system is to do, or asks what only who sits at it can see; the answer says what came of it. Whatever
else happens (no program, no connection, no time, no JSON) is trouble of the environment's, never the system's fault.

order      what is said to an adapter
reply      what it may answer
command    a program, run for each order
posting    a URL, posted to for each order
actor      an adapter as the conductor knows whoever makes a system act
note       words of an adapter's, fit to be kept
"""

from rivta.model.environment import Environment
from rivta.run.adapter.actor import AdapterActor
from rivta.run.adapter.command import Command
from rivta.run.adapter.note import Notes
from rivta.run.adapter.order import VERSION
from rivta.run.adapter.posting import Posting
from rivta.text.identity import PUBLISHED

__all__ = ["VERSION", "AdapterActor", "of"]


def of(environment: Environment) -> AdapterActor | None:
    """The adapter that an environment names; None if it names none."""
    adapter = environment.adapter
    if adapter is None:
        return None
    notes = Notes(environment.secrets, environment.test_identities | PUBLISHED.keys())
    if adapter.url:
        return AdapterActor(Posting(adapter.url, adapter.seconds, environment.tls.ca), notes)
    return AdapterActor(Command(adapter.command, environment.path.absolute().parent, adapter.seconds), notes)
