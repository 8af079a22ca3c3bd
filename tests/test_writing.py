"""A message written in another way says the same to whoever reads XML, or breaks in the one place that it is to break in."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import etree

from rivta.contract.editing import written
from rivta.contract.message import open_envelope
from rivta.model.errors import Unreadable, UsageError
from rivta.model.steps import Writing

BODY = """\
<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:itr="urn:itr" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <soapenv:Header><itr:To>SE1</itr:To></soapenv:Header>
  <soapenv:Body><r:Ask xmlns:r="urn:r" xmlns:c="urn:c" c:by="x"><c:who xsi:type="c:Person">Åsa</c:who><r:what>lån &amp; ränta</r:what></r:Ask></soapenv:Body>
</soapenv:Envelope>""".encode()
SAME = {
    "as it was": Writing(),
    "no declaration": Writing(prolog="none"),
    "a byte order mark": Writing(byte_order_mark=True),
    "UTF-16": Writing(encoding="UTF-16"),
    "Latin-1": Writing(encoding="ISO-8859-1"),
    "no prefixes": Writing(prefixes="none"),
    "other forms": Writing(forms=True),
    "all at once": Writing(encoding="UTF-16", prefixes="none", forms=True),
}


def content(body: bytes) -> list[tuple[str, str, dict[str, str]]]:
    """What a reader of XML sees: names, texts and attributes."""
    root = etree.fromstring(body, etree.XMLParser(remove_comments=True, strip_cdata=True))
    return [
        (str(each.tag), (each.text or "").strip(), {str(k): str(v) for k, v in each.attrib.items()})
        for each in root.iter(etree.Element)
    ]


@pytest.mark.parametrize("way", SAME)
def test_it_says_the_same(way: str) -> None:
    assert content(written(BODY, SAME[way])) == content(BODY)


def test_each_way_can_be_seen() -> None:
    text = {name: written(BODY, way) for name, way in SAME.items()}
    assert not text["no declaration"].startswith(b"<?xml")
    assert text["a byte order mark"].startswith(b"\xef\xbb\xbf<?xml")
    assert text["UTF-16"].decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>')
    assert "Åsa".encode("latin-1") in text["Latin-1"]
    assert re.search(rb"<Ask xmlns=.urn:r.", text["no prefixes"])
    assert b'xmlns:c="urn:c"' in text["no prefixes"], "an xsi:type needs its prefix"
    assert b"<![CDATA[SE1]]>" in text["other forms"]
    assert "&#x6c;ån".encode() in text["other forms"]
    assert b"<!--" in text["other forms"]


def test_the_declaration_may_say_another_encoding_than_there_is() -> None:
    body = written(BODY, Writing(prolog="ISO-8859-1"))
    assert body.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    assert "Åsa".encode() in body


def test_a_header_is_put_beside_the_others_and_where_there_is_none() -> None:
    header = '<x:trace xmlns:x="urn:x">1</x:trace>'
    assert [each for each, *_ in content(written(BODY, Writing(header=header)))][2:4] == ["{urn:itr}To", "{urn:x}trace"]
    bare = re.sub(rb"<soapenv:Header>.*?</soapenv:Header>", b"", BODY)
    assert content(written(bare, Writing(header=header)))[2][0] == "{urn:x}trace"


def test_what_is_to_break_breaks() -> None:
    assert "{urn:other}Ask" in [name for name, *_ in content(written(BODY, Writing(namespace="urn:other")))]
    for way in (Writing(doctype=True), Writing(cut=True)):
        with pytest.raises(Unreadable):
            open_envelope(written(BODY, way))
    assert content(written(BODY, replace(Writing(doctype=True), prefixes="none"))) == content(BODY), (
        "nothing else is wrong"
    )


def test_what_an_encoding_does_not_have_is_told() -> None:
    with pytest.raises(UsageError, match="cannot be written in ISO-8859-1: 漢"):
        written(BODY.replace("Å".encode(), "漢".encode()), Writing(encoding="ISO-8859-1"))
