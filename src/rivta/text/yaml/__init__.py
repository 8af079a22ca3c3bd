"""YAML as people write it: `compose` makes a tree in which everything knows its place, `grammar` says what may stand where.

Scalars stay text: `no`, `012`, `1.10` and `2026-01-01` mean what they look like, and only a shape that asks for a number
or a yes makes one. Nothing is ever constructed from tags.
"""
