"""What may stand where in a form's file."""

from __future__ import annotations

from rivta.declaration.form.figures import FIGURES
from rivta.text.yaml.grammar import Bilingual, Field, ListOf, OneOf, Record, String, Variant, YesNo

_NUMBER = String(r"(?:(?:TP|TK) )?[0-9]+(?:\.[0-9]+)*", "a section number", "2.2.1", also=({"type": "number"},))
_ID = String(r"[a-z0-9]+(?:-[a-z0-9]+)*", "an id of small letters, digits and hyphens", "response-time")
_ELEMENT = r"(?:\w+(?:\.\w+)+/)?[A-Za-z0-9]+(?:@\d+)?(?:/[A-Za-z0-9]+)+(?:\[@[A-Za-z]+=[^\]]+\])?"

_QUESTION = Record(
    "question",
    {
        "id": Field(_ID, "the question’s name; the same name in two forms is the same question", required=True),
        "text": Field(Bilingual(), "what is asked, in our own short words", required=True),
        "help": Field(Bilingual(), "what to think of when answering"),
        "answer": Field(
            OneOf(
                {
                    "yes-no": "yes, no or not-applicable",
                    "text": "free text",
                    "number": "a number",
                    "date": "a date, YYYY-MM-DD",
                    "choice": "one of the choices",
                }
            ),
            "what kind of answer is wanted (default: yes-no)",
        ),
        "choices": Field(ListOf(Bilingual(), some=True), "what may be chosen"),
        "origin": Field(
            OneOf(
                {
                    "cases": "what the named cases and requirements came to",
                    "coverage": "what the system was seen sending",
                    "run": "a figure of the run",
                    "vendor": "the vendor alone can say",
                }
            ),
            "where the answer comes from (default: by what else is named here)",
        ),
        "requirements": Field(ListOf(String(), some=True), "the requirements that decide"),
        "cases": Field(ListOf(String(), some=True), "the cases that decide, such as RegisterLoan/1.2"),
        "slots": Field(
            ListOf(String(), some=True),
            "in a skeleton: checks that run in every case, or requirements, as far as the domain has them",
        ),
        "element": Field(
            String(_ELEMENT, "a contract and a path of element names", "RegisterLoan/borrower/personId"),
            "the element that the system is to be seen sending; an attribute may be demanded: […/personId[@root=1.2]]",
        ),
        "figure": Field(OneOf({name: figure.doc for name, figure in FIGURES.items()}), "the figure of the run"),
        "vendor": Field(_ID, "the fact about the vendor that answers this, written once for all forms"),
        "confirm": Field(YesNo(), "a human must look at it, whatever the evidence says"),
        "disclosure": Field(YesNo(), "yes is what needs words here, not no"),
        "optional": Field(YesNo(), "may be left without an answer"),
        "tf": Field(ListOf(String(), some=True), "references to test cases, as the official form writes them"),
    },
)
_OWN_SECTION = Record(
    "section",
    {
        "number": Field(_NUMBER, "the official form’s section number", required=True),
        "title": Field(Bilingual(), "the section’s heading", required=True),
        "questions": Field(ListOf(_QUESTION, some=True), "the questions", required=True),
    },
)
_TAKEN_SECTION = Record(
    "section",
    {
        "from": Field(
            String(),
            "the form that the section is taken from, relative to this file, or a skeleton of rivta’s",
            required=True,
        ),
        "section": Field(_NUMBER, "its number there", required=True),
        "number": Field(_NUMBER, "its number here (default: the same)"),
    },
)
FORM = Record(
    "form",
    {
        "form": Field(_ID, "the form’s name", required=True),
        "domain": Field(String(), "the service domain; a skeleton has none and serves all"),
        "role": Field(String(), "the role that is declared; of a skeleton producer or consumer", required=True),
        "title": Field(Bilingual(), "the form’s heading", required=True),
        "version": Field(String(), "the form’s version", required=True),
        "sections": Field(
            ListOf(Variant("section", {"questions": _OWN_SECTION, "from": _TAKEN_SECTION}), some=True),
            "the sections in order",
            required=True,
        ),
    },
    doc="A self-declaration form of pytest-rivta: what is asked, and where each answer comes from",
)
