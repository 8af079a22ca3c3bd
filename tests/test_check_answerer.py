"""What something in front of the system answers is told as that, never as the system's: neither its pass nor its deviation."""

import pytest

from rivta.check import not_the_system
from rivta.check.verdicts import PLATFORM
from rivta.contract.platform import ERRORS
from rivta.model.steps import Expectation
from rivta.model.words import Blame
from test_check import HERE, fault, reply, seen

PLACE = "url: (environment.yaml:12)"
PAGE = b"<!DOCTYPE html>\n<html><head><title>Logga in</title></head><body><form></form></body></html>"


@pytest.mark.parametrize("code", [*ERRORS])
def test_the_platforms_own_fault_is_not_the_systems(code: str) -> None:
    told = not_the_system(
        seen(fault(f"{code} [nTjP-gateway] Fel vid kontakt med tjänsteproducenten."), status=500), PLACE
    )
    assert told is not None
    assert (told.kind, told.blame) == ("platform", Blame.ENVIRONMENT)
    assert f"own error {code}" in told.text.en
    assert "from http://here/" in told.text.en
    assert PLACE in told.text.sv


@pytest.mark.parametrize("text", ["VP000", "VP017", "VP0099", "AVP009", "VPN", "log-1: VP9"])
def test_what_only_looks_like_a_code_of_the_platform_is_none(text: str) -> None:
    assert PLATFORM.search(text) is None
    assert not_the_system(seen(fault(text), status=500), PLACE) is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *((status, b"", "gateway") for status in (502, 503, 504)),
        *((status, PAGE, "gateway") for status in (502, 503, 504)),
        *((status, b"no such thing", "turned-away") for status in (401, 403, 404, 405, 407, 415)),
        *((429, body, "too-often") for body in (b"", b"Too Many Requests", PAGE)),
        *((status, b"", "redirected") for status in (301, 302, 303, 307, 308)),
        (200, PAGE, "page"),
        (400, b"\n<html><body>400 No required SSL certificate was sent</body></html>", "page"),
        (413, b"\xef\xbb\xbf<!-- proxy --><HTML></HTML>", "page"),
        (200, b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"/>', "page"),
    ],
)  # fmt: skip
def test_what_stands_in_front_is_told(status: int, body: bytes, kind: str) -> None:
    headers = (("Server", "nginx"), ("Location", "https://login/"))
    told = not_the_system(seen(body or b" ", status=status, headers=headers), PLACE)
    assert told is not None
    assert (told.kind, told.blame) == (kind, Blame.ENVIRONMENT)
    assert "Server: nginx" in told.text.en
    assert PLACE in told.text.en
    assert ("“Logga in”" in told.text.en) == (body is PAGE)
    assert ("https://login/" in told.text.en) == (kind == "redirected")


@pytest.mark.parametrize("body", [b"<script>location = '/login'</script>", b"<body>Logga in</body>", b"Logga in"])
def test_a_page_is_known_by_its_type_too(body: bytes) -> None:
    told = not_the_system(seen(body, content_type="text/html; charset=utf-8"), PLACE)
    assert told is not None
    assert told.kind == "page"
    for theirs in (reply(), b" "):
        assert not_the_system(seen(theirs, content_type="text/html"), PLACE) is None
    assert not_the_system(seen(body), PLACE) is None


def test_the_status_that_is_counted_on_is_the_systems_and_what_speaks_for_itself_is_not() -> None:
    def counted(*codes: int) -> tuple[Expectation, ...]:
        status = Expectation("http_status", {"codes": [*codes]}, HERE)
        return (Expectation("one_of", {"expectations": (Expectation("fault", {}, HERE), status)}, HERE),)

    assert not_the_system(seen(PAGE, status=403), PLACE, counted(403)) is None
    for body, status in ((PAGE, 403), (PAGE, 200), (fault("VP007"), 500)):
        assert not_the_system(seen(body, status=status), PLACE, counted(200, 500)) is not None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, reply()),
        (500, fault()),
        (503, fault()),
        (404, fault()),
        (429, fault()),
        (400, fault()),
        (500, PAGE),
        (200, b"junk"),
        (500, b" "),
        (400, b" "),
    ],
)
def test_the_systems_own_answer_is_the_systems(status: int, body: bytes) -> None:
    assert not_the_system(seen(body, status=status), PLACE) is None
