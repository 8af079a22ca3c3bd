"""Saxon in a process of its own: starting it changes the process locale, which deadlocks elementpath in the same process.

Run as a script it answers lines of JSON: `{"stylesheet": …, "documents": […]}` with a list of what each transformation wrote.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self


class Saxon:
    """The process. A context manager; `transform` raises RuntimeError with Saxon's words for a stylesheet it refuses."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def transform(self, stylesheet: str, documents: Sequence[str]) -> list[str]:
        """What the stylesheet makes of each document."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"stylesheet": stylesheet, "documents": documents}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "Saxon died"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return [str(text) for text in answer["written"]]


def _serve() -> None:
    from saxonche import PySaxonApiError, PySaxonProcessor  # noqa: PLC0415  changes the locale of whoever imports it

    with PySaxonProcessor(license=False) as processor:
        for line in sys.stdin:
            request = json.loads(line)
            answer: dict[str, object]
            try:
                sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=request["stylesheet"])
                nodes = [processor.parse_xml(xml_text=document) for document in request["documents"]]
                answer = {"written": [sheet.transform_to_string(xdm_node=node) for node in nodes]}
            except PySaxonApiError as error:
                answer = {"error": str(error)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _serve()
