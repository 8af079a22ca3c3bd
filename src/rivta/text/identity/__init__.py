"""Numbers that name a person: found in any text, told from look-alikes, masked. The one recogniser, whoever asks.

What counts. A personnummer is a real date of birth, four more digits, and a check digit by Luhn over the last ten; a
samordningsnummer has 60 added to the day. They are written as twelve digits in any of the groups that people make of them (pairs,
fours, year, month and day, one by one), parted by blanks, dashes, points, strokes or a low line, or as ten digits with blanks,
dashes or a plus before the last four. A nationellt reservId is told by its form alone, for its check rule is not public:
`XXYYMMDDNNGC`, as Inera's specification Nationellt ReservID 1.0 has it. Digits and signs may be of any script and width, written as
character references, percent-encoded or escaped as in JSON, some of it several times over, with what nobody sees among them: soft
hyphens, marks of no width, comments and the edges of a CDATA section.

What is only told. `doubtful` finds what may be a person as well as anything else: ten bare digits, which are a phone number as
often; digits in a word with other digits; ten digits in groups of another kind; twelve that begin with 99, as a local reserve
number does in places; a reservId that may as well be six bytes in hexadecimal: of the letters a to f in small, or behind a group of
four as a UUID's last group is. It is shown as it stands, and a report says where. `names` finds ten bare digits where it is known whose they
would be.

What does not count. No further digit may touch the number, nor a dot with a digit beyond it (an OID, a decimal). What is part of a
UUID does not count, even twelve digits that are a person's to the digit; nor is anything in a longer row of hexadecimal. A timestamp has fourteen digits, so it never does; one of twelve can be a person's number to the digit, and
then it counts, as a date with four digits after it can: a mask too many harms less than one too few. Digits on two lines, in two
elements, in words or in base64 are not looked for.
"""

from rivta.text.identity.masking import PUBLISHED, Mask, beginning, is_test, refuse_name, shortened, strangers
from rivta.text.identity.recognition import Identity, Kind, doubtful, find, names
