"""Samples: what a contract's schema and rules allow and forbid, tried one by one in messages that are otherwise right.

    Bench(contract, message) ──of_schema(…), of_rules(…)──► DrawnSamples: those that are kept, each on its side, and what is left out, with the reason

facets   a simple type's boundaries: a value on either side
schema   a message's elements with their declarations, and what people call them; one thing changed at each place: missing, too many, out of order, elsewhere, of another type
rules    for each assert the changes that may break it alone, by its own names and literals
draw     which of them are tried, by a seed; both validators and all rules say on which side each is
"""

from rivta.contract.editing import edited
from rivta.contract.samples.draw import Bench, Drawing, DrawnSamples, LeftOut
from rivta.contract.samples.schema import Sample
