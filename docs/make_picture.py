"""Takes the README's picture of a report: `python docs/make_picture.py [DECLARATION.html]`, without one of the tests' sample."""  # noqa: INP001  # a script, no package

import sys
from pathlib import Path

HERE = Path(__file__).parent
PICTURE = HERE / "images" / "declaration.png"
WIDTH, HEIGHT, SCALE = 1280, 1760, 0.75


def main() -> None:
    """Write the picture: the cover and the summary, as on a desktop screen."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    # The tests' own sample and browser, so that there is one way to start Chromium.
    from browser import chromium  # noqa: PLC0415
    from report_form_sample import declared  # noqa: PLC0415
    from rivta.report.html import render  # noqa: PLC0415

    shown = Path(sys.argv[1]).read_text(encoding="utf-8") if sys.argv[1:] else render(declared()).decode()
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
        page.set_content(shown)
        page.screenshot(path=PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")  # noqa: T201  # a script


if __name__ == "__main__":
    main()
