"""The HTML of a case, of which a report has thousands: put together here, for a layout takes five times as long.

As in a layout every text is escaped, and what comes as HTML (a link, a state, a drawing) is let be. Anchors need not be: `Anchors` gave
them.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from rivta.report.layout import View, joined
from rivta.report.sequence import SequenceView
from rivta.text.catalogue import Words

_SHORT = 200
"""Characters of a text that is likely to come again."""
_MOST_LINKS, _MOST_IN_PLAIN = 6, 60
"""How many links are not folded away, and how many of those that are a packed report still has in plain."""


@lru_cache(8192)
def _of_text(text: str) -> str:
    return str(escape(text))


def shown(value: Any) -> str:
    """A value of a view as a layout would have it."""
    return _of_text(value) if type(value) is str and len(value) < _SHORT else str(escape(value))


def facts(pairs: Iterable[tuple[str, Any]]) -> str:
    rows = [f"<div><dt>{shown(name)}</dt><dd>{shown(value)}</dd></div>\n" for name, value in pairs]
    return f'<dl class="facts">\n{"".join(rows)}</dl>\n'


def _headers(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join([f'<tr><th scope="row">{shown(name)}</th><td>{shown(value)}</td></tr>\n' for name, value in pairs])


def _soft(text: Any) -> str:
    return f' <span class="soft">{shown(text)}</span>' if text else ""


class CaseHtml:
    """Draws cases, and what stands elsewhere too. `put` takes what is folded away, where the report is packed, and gives its place."""

    facts = staticmethod(facts)

    def __init__(self, words: Words, put: Callable[[str, str, str], str] | None = None) -> None:
        self._words = {name: shown(text) for name, text in words.items()}
        self._put = put
        self._packed = f'<p class="packed">{self._words["packed"]}</p>'

    def _column_heads(self, *names: str) -> str:
        heads = "".join(f'<th scope="col">{self._words[f"column_{name}"]}</th>' for name in names)
        return f"<thead><tr>{heads}</tr></thead>\n<tbody>\n"

    # What is folded away

    def kept(self, summary: Any, inner: str, stream: str, home: str, kind: str = "", *, is_open: bool = False) -> str:
        """What is folded away: in a packed report deflated too, to be unfolded by the script."""
        style = f' class="{kind}"' if kind else ""
        if self._put is None:
            return f"<details{style}{' open' if is_open else ''}><summary>{shown(summary)}</summary>{inner}</details>\n"
        place = self._put(inner, stream, home)
        return f'<details{style} data-part="{place}"><summary>{shown(summary)}</summary>{self._packed}</details>\n'

    def folded(self, links: Sequence[Any], home: str = "", title: str = "") -> str:
        """Links behind their title, folded away under it, or under their number, where there are many."""
        if not links:
            return self._words["no_cases"]
        summary = title or len(links)
        if len(links) > _MOST_IN_PLAIN and self._put and home:
            return self.kept(summary, f"<p>{joined(links)}</p>", "l", home, "fold") + "\n"
        if len(links) <= _MOST_LINKS:
            return f"{shown(title)}: {joined(links)}" if title else joined(links)
        return f'<details class="fold"><summary>{shown(summary)}</summary>{joined(links)}</details>'

    # Checks and what they found

    def _checks(self, caption: str, some: Iterable[View]) -> str:
        heads = self._column_heads("check", "outcome", "expected", "actual", "id")
        rows = "".join(map(self._row, some))
        return f'<table class="wide checks"><caption>{shown(caption)}</caption>\n{heads}{rows}</tbody></table>\n'

    def _row(self, check: View) -> str:
        like = check["like"]
        if like is None or not like.drawn:
            drawn = self._cells(check)
            if like is not None:
                like.drawn = drawn
        else:
            drawn = like.drawn
        return (
            f'<tr id="{check["anchor"]}">\n<th scope="row">{drawn[0]}{_soft(check["written"])}</th>\n{drawn[1]}</tr>\n'
        )

    def _cells(self, check: View) -> tuple[str, str]:
        """A check's name, and the cells after it: but for where it stands and is written, what is alike for many."""
        found = "".join(f' <a href="#{each["anchor"]}">{shown(each["heading"])}</a>' for each in check["findings"])
        said = f" {shown(check['by'])}." if check["by"] else ""
        said += f" {shown(check['note'])}" if check["note"] else ""
        cells = {
            "outcome": f"{shown(check['state'])}{found}",
            "expected": self._value(check["expected"]),
            "actual": f"{self._value(check['actual'])}{said}",
            "id": self.folded(check["requirements"]),
        }
        drawn = [f'<td data-label="{self._words[f"column_{name}"]}">{cell}</td>\n' for name, cell in cells.items()]
        return f"{shown(check['name'])}{_soft(check['step'])}", "".join(drawn)

    def _value(self, text: str) -> str:
        return f"<code>{shown(text)}</code>" if text else f'<span class="soft">{self._words["none"]}</span>'

    def _finding(self, found: View) -> str:
        location = f"<code>{shown(found['location'])}</code>" if found["location"] else ""
        place = f"{location} {joined(found['links'])}" if location or found["links"] else ""
        told = {
            "rule": shown(found["rule"]),
            "place": place,
            **{name: self._value(found[name]) if found[name] else "" for name in ("expected", "actual")},
        }
        rows = "".join(f"<div><dt>{self._words[name]}</dt><dd>{said}</dd></div>" for name, said in told.items() if said)
        return (
            f'<li id="{found["anchor"]}">\n<p><b>{shown(found["heading"])}.</b> {shown(found["message"])}</p>\n'
            f'<dl class="versus">\n{rows}</dl>\n{shown(found["excerpt"] or "")}</li>\n'
        )

    # Messages

    def _listing(self, words: str, lines: str, stream: str, home: str, *, is_open: bool) -> str:
        if self._put:
            return self.kept(Markup(self._words[words]), lines, stream, home)  # noqa: S704  # escaped
        return f"<details{' open' if is_open else ''}><summary>{self._words[words]}</summary>{lines}</details>"

    def _body(self, use: View, side: str, home: str, *, is_red: bool) -> str:
        body = use["here"]
        if body is None:
            return f"<p>{use['elsewhere'].__html__()}</p>\n"
        note = f"<p>{shown(body['note'])}</p>" if body["note"] else ""
        return (
            f'<p class="soft body">{shown(body["facts"])}</p>\n{note}{self._layouts(body, side, home, is_red=is_red)}'
        )

    def _layouts(self, body: View, side: str, home: str, *, is_red: bool) -> str:
        """A message as it was sent, and laid out where that is another text."""
        words, raw = self._words, shown(body["raw"] or "")
        if body["pretty"]:
            pretty = self._listing("pretty", shown(body["pretty"]), f"{side}i", home, is_open=is_red)
            return f"{pretty}\n{self._listing('raw', raw, f'{side}r', home, is_open=False)}\n"
        if body["is_laid_out_later"] and self._put:
            kept = f'<details data-part="{self._put(raw, f"{side}r", home)}"'
            later = f'{kept} data-layout="indented"><summary>{words["pretty"]}</summary>{self._packed}</details>\n'
            return f"{later}{kept}><summary>{words['raw']}</summary>{self._packed}</details>\n"
        return self._listing("as_sent", raw, f"{side}r", home, is_open=is_red) + "\n" if raw else ""

    def _message(self, message: View, side: str, home: str, *, is_red: bool) -> str:
        words, use, table = self._words, message["body"], ""
        anchor = f' id="{use["here"]["anchor"]}"' if use["here"] and use["here"]["anchor"] else ""
        if message["headers"]:
            heads = self._column_heads("name", "value")
            rows = _headers(message["headers"])
            table = (
                f'<table class="headers"><caption>{words["headers_caption"]}</caption>\n{heads}{rows}</tbody></table>\n'
            )
        body = self._body(use, side, home, is_red=is_red)
        return f'<div class="message"{anchor}>\n<h6>{shown(message["heading"])}</h6>\n{table}{body}\n</div>\n'

    def _messages(self, call: View, home: str, *, is_red: bool) -> str:
        sides = ((call["request"], "q"), (call["response"], "s"))
        drawn = "".join(f"{self._message(each, side, home, is_red=is_red)}\n" for each, side in sides if each)
        said = call["no_response"] if not call["response"] else ""
        return f"{drawn}<p>{shown(said)}</p>\n" if said else drawn

    def _exchange(self, call: View, case: View) -> str:
        words, home, is_red = self._words, case["anchor"], case["is_red"]
        style = " inbound" if call["is_inbound"] else ""
        said = f'<section class="exchange{style}" id="{call["anchor"]}">\n<h5>{shown(call["heading"])}</h5>\n{facts(call["facts"])}\n'
        if call["tls"]:
            said += f'<p class="soft">{words["tls"]}: {shown(call["tls"])}</p>\n'
        if call["problem"]:
            said += f"<p><b>{shown(call['problem_heading'])}:</b> {shown(call['problem'])}</p>\n"
        if call["request"] or call["response"]:
            messages = self._messages(call, home, is_red=is_red)
            said += self._whole(call, messages, home) if self._put and is_red else f"{messages}\n"
        return f"{said}</section>\n"

    def _whole(self, call: View, messages: str, home: str) -> str:
        """The messages of a red case in a packed report: how the system's own begins, and the whole folded away."""
        opening = f'<p class="soft">{shown(call["opens"])}</p>\n{shown(call["opening"])}\n' if call["opening"] else ""
        return f"{opening}{self.kept(Markup(self._words['messages_whole']), messages, 'm', home)}\n"  # noqa: S704  # escaped

    # A case

    def _evidence(self, case: View) -> str:
        said, home = facts(case["facts"]) + "\n", case["anchor"]
        if case["checks"] and self._put and case["is_red"]:
            said += self._checks(case["caption"], case["unmet"]) if case["unmet"] else ""
            if case["met"]:
                met = Markup(self._words["checks_met"])  # noqa: S704  # escaped
                said += self.kept(met, self._checks(met, case["met"]), "k", home)
        elif case["checks"]:
            said += self._checks(case["caption"], case["checks"]) + "\n"
        if case["findings"]:
            found = "".join(f"{self._finding(each)}\n" for each in case["findings"])
            said += f'<h5>{self._words["findings"]}</h5>\n<ul class="findings">\n{found}</ul>\n'
        return said + "".join(f"{self._exchange(each, case)}\n" for each in case["exchanges"])

    def _sequence(self, sequence: SequenceView) -> str:
        steps = "".join(f"<li>{shown(step)}</li>\n" for step in sequence.steps)
        words = f"<summary>{self._words['sequence_words']}</summary>\n<ol>\n{steps}</ol>\n"
        return f'<figure class="course">\n{sequence.drawing}\n<details class="fold">{words}</details>\n</figure>\n'

    def _note(self, note: View) -> str:
        files = "".join(map(self._file, note["files"]))
        by, about = f"{self._words['note_by']} {shown(note['by'])}", _soft(f"{note['about']}, {note['at']}")
        return f'<div class="said"><p><b>{by}</b>{about}<br>{shown(note["text"])}</p>\n{files}</div>\n'

    @staticmethod
    def _file(file: View) -> str:
        name = shown(file["name"])
        if file["picture"]:
            seen = f'<img src="{shown(file["picture"])}" alt="{name}">'
        elif file["text"]:
            seen = f'<pre class="code">{shown(file["text"])}</pre>'
        else:
            seen = f'<a href="{shown(file["href"])}" download="{name}">{name}</a>'
        return f'<figure>{seen}<figcaption class="soft">{name} ({shown(file["facts"])})</figcaption></figure>\n'

    def case(self, case: View) -> Markup:
        """A case, or a call that no case asked for."""
        drawn = self._sequence(case["sequence"]) if case["sequence"] else ""
        is_shown = case["is_red"] or self._put is None
        parts = [
            self._heading(case),
            *map(self._note, case["notes"]),
            f"<p><b>{shown(case['attempt'])}</b></p>\n" if case["attempt"] else "",
            f"<p>{shown(case['reason'])}</p>\n" if case["reason"] else "",
            f"{drawn}\n" if drawn and is_shown else "",
            self._unfolded(case) if is_shown else self._folded(case, drawn),
        ]
        return Markup("".join([*parts, "</article>\n"]))  # noqa: S704  # escaped

    def _heading(self, case: View) -> str:
        shows = f"{self._words['shows']} {joined(case['requirements'])}" if case["requirements"] else ""
        proves = f' <span class="soft">{shows}</span>' if shows else ""
        return (
            f'<article class="case{" red" if case["is_red"] else ""}" id="{case["anchor"]}">\n'
            f'<h4><span class="id">{shown(case["id"])}</span> {shown(case["title"])}</h4>\n'
            f'<p class="meta">{shown(case["state"])}{proves}</p>\n'
        )

    def _unfolded(self, case: View) -> str:
        if not case["evidence"]:
            return ""
        is_open = " open" if case["is_red"] else ""
        return (
            f'<details class="evidence"{is_open}><summary>{self._summary(case)}</summary>\n'
            f"{self._evidence(case)}\n\n</details>\n"
        )

    def _folded(self, case: View, drawn: str) -> str:
        if not case["evidence"]:
            return ""
        inner = f"{drawn}{self._evidence(case)}\n"
        return self.kept(self._summary(case), inner, "c", case["anchor"], "evidence") + "\n"

    @staticmethod
    def _summary(case: View) -> Markup:
        return Markup(f'{shown(case["evidence"])}<span class="unseen"> {shown(case["id"])}</span>')  # noqa: S704  # escaped
