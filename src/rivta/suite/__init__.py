"""Suites, scenarios and tables: read into cases, or refused with everything that is wrong, before anything is sent.

`read` is the only way in. What a suite may expect is handed to it as a vocabulary, so that this room knows no check.
"""

from rivta.suite.expectations import EXPRESSIONS, CheckKind, Form, Kind, Parameter
from rivta.suite.reader import json_schema, read
