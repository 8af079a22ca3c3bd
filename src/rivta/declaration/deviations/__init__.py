"""Known deviations: those that are registered and decided on, and what a run shows beside them.

`deviations.yaml` lies beside the environment. A run fails on what is *new*; what is known is shown with its decision, and
what the file says but the run does not show (gone, overdue, unmatched) is reported so that the file stays true.
"""

from rivta.declaration.deviations.reader import FILE, json_schema, read
from rivta.declaration.deviations.sorting import (
    covering,
    day_of,
    excuse,
    in_words,
    outcome,
    refuse_persons,
    remarks,
    sort,
    summary,
)
