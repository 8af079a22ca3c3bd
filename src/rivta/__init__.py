"""Proves that a system conforms to Sweden's national e-health service contracts (RIV-TA)."""

__version__ = "0.1.0"
