"""The vendor's file: drafted, read, and kept free of personal identities."""

from rivta.declaration.answers.draft import VendorFile, draft
from rivta.declaration.answers.reader import json_schema, read
