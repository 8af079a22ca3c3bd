"""A second opinion on our Schematron interpreter: Saxon runs the same rules, compiled to XSLT by a way of its own.

Nothing here imports `rivta.contract.rules`: an oracle that shares code with what it judges agrees with its mistakes.
"""
