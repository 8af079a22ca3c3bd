"""The official Word forms: read into fields, filled in, and the rest left as it is.

    form = read_form(Path("SjD_TP_GetDiagnosis_2.0.docx"))
    filled = fill(form, run, answers)
    Path("ifylld.docx").write_bytes(filled.body)

Plum fields are the vendor's, teal ones the reviewer's; those are never written into.
"""

from rivta.report.word.fields import WordField, WordForm, WordSection
from rivta.report.word.filling import Filled, fill
from rivta.report.word.reader import read_form
from rivta.report.word.writing import FillReport, NotPlaced, Unresolved, WrittenField, as_json, as_text
