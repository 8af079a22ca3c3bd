"""The one file that defines a run: who is tested, in which roles, where, with what data.

A secret is written `${env:NAME}` and taken from the process environment. Its value never shows: not in a mistake, not in
`repr`, and whoever writes evidence is told what to leave out (`Environment.secrets`).
"""

from rivta.environment.against import check_against, concerns, unused_data
from rivta.environment.reader import CONNECT_SECONDS, READ_SECONDS, json_schema, read
from rivta.environment.secrets import told_in_clear
