"""The page where a person plays a case: picks it, does in the system what is asked for, sees what came and what is wrong.

programme   what can be played: the cases of the suites and scenarios that fit the system's roles
play        one playing of a case: whose turn it is, what the tester says, what came of each step
plays       all plays of a run, begun and taken up again, and what one `rivta serve` consists of
record      the run's evidence, its report and its zip
messages    messages and checks as they are shown; spoken: their XPath in words
inbox       everything received, with what was wrong with it
start, plan what there is to play, and how far it has come; the same to print
views, …    what a page shows; templates only print it
guard       who is let in, and from where
streams     telling a reader's page that something changed
pages       what every page is made with
giving      test data, notes with files, the plan
application the pages and forms, on aiohttp
server      the application on a port, in a thread
"""

from rivta.page import programme
from rivta.page.plays import PlayService, Setup, opened
from rivta.page.record import RunRecord
from rivta.page.server import PageListener, serve
