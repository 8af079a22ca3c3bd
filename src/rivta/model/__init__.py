"""The nouns of a conformance run: frozen values that every storey above speaks in, and the errors that people read.

Nothing here reads, sends or decides; the only rules that live here are the ones that the words themselves carry, such as
how a verdict is rolled up. Standard library only. Times are UTC in ISO 8601, durations are milliseconds, sizes are bytes.
"""
