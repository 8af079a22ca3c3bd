"""Saxon in a process of its own: starting it changes the process locale, which deadlocks elementpath in the same process.

Run as a script it answers lines of JSON: `{"stylesheet": …, "documents": […]}` with a list of what each transformation wrote.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType


class Saxon:
    """The process. A context manager; `transform` raises RuntimeError with Saxon's words for a stylesheet it refuses."""

    def __enter__(self) -> "Saxon":
        self._process = subprocess.Popen(  # noqa: S603  our own script
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
        answer = json.loads(self._process.stdout.readline() or '"Saxon died"')
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return [str(text) for text in answer]


def _serve() -> None:
    from saxonche import PySaxonApiError, PySaxonProcessor  # noqa: PLC0415  changes the locale of whoever imports it

    with PySaxonProcessor(license=False) as processor:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=request["stylesheet"])
                answer = [
                    sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=document))
                    for document in request["documents"]
                ]
            except PySaxonApiError as error:
                answer = str(error)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _serve()
