"""A load: many users at a time send the messages of a case, and what comes of it is counted as it comes, never kept.

`calling` makes one call and looks at its answer, `playing` counts and judges, `generating` has Locust bring the users, in this process or in many.
Only who means to generate load imports `generating`: Locust changes the standard library under whoever imports it.
"""

from rivta.run.load.calling import Outcome, Work
from rivta.run.load.playing import LoadTally
