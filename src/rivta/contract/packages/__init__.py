"""Release packages of service contracts: taken as they are published, examined, kept in the user's store.

layout       which contracts one holds, of which domain and version
examination  what is amiss in it, as a linter tells it, and in its rules
description  what the contract description binds somebody to; comparison: what another version has changed
store        the versions that are installed, side by side
installing   from a zip or a folder to the store, or from where it is published, held to its checksum

Each is imported by itself: whoever reads a domain needs the store alone.
"""
