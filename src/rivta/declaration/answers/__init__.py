"""The vendor's file: drafted, read, and kept free of personal identities."""

from rivta.declaration.answers.draft import Draft, draft
from rivta.declaration.answers.reader import json_schema, read

__all__ = ["Draft", "draft", "json_schema", "read"]
