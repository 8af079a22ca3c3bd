"""The page where a person plays a case: picks it, does in the system what is asked for, sees what came and what is wrong.

programme   what can be played: the cases of the suites and scenarios that fit the system's roles
play        one playing of a case: whose turn it is, what the tester says, what came of each step
plays       all plays of a run, begun and taken up again, and what one `rivta serve` consists of
record      the run's evidence, its report and its zip
messages    messages and checks as they are shown, XPath in words
inbox       everything received, with what was wrong with it
start       what there is to play, and how far it has come; the plan of it, to print
views, told what a page shows of a play, and of a step; templates only print it
guard       who is let in, and from where
pages       what every page is made with; telling a reader's page that something changed
giving      test data, notes with files, the plan
application the pages and forms, on aiohttp
server      the application on a port, in a thread
"""

from rivta.page import programme
from rivta.page.plays import PlayService, Setup, opened
from rivta.page.record import RunRecord
from rivta.page.server import PageListener, serve
