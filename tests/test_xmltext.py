"""XML from a system that we do not trust: read, refused with a place, named by path, laid out for people."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from growth import SQUARE, growth
from rivta.model.errors import Unreadable
from rivta.text import xml

ENVELOPE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    b'<r:Ask xmlns:r="urn:r"><r:id>1</r:id><r:id>2</r:id><plain xmlns="urn:p"><inner/></plain></r:Ask></e:Body></e:Envelope>'
)


def refusal(body: bytes, limit: int = xml.LIMIT_BYTES) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        xml.parse(body, limit=limit)
    return caught.value


@pytest.mark.parametrize(
    ("body", "what", "line", "column"),
    [
        (b"", "the body is empty", 1, 1),
        (b" \r\n", "the body is nothing but white space", 1, 1),
        (b"hello", "it is plain text, not XML: “hello”", 1, 1),
        (gzip.compress(b"<a/>", mtime=0), "it is compressed by gzip, not XML", 1, 1),
        (b"<a>\n<b>", "the document is cut short", 2, 4),
        (b"<a>\n  <b></a>", "not well-formed XML: ", 2, 10),
        (b"<a>&nbsp;</a>", "not well-formed XML: ", 1, 10),
        (b"<a>\xe5</a>", "the bytes are not UTF-8, which XML is in when it declares nothing", 1, 4),
        (
            b'<?xml version="1.0" encoding="utf-8"?>\n<a>\xe5</a>',
            "the bytes are not utf-8, which the document declares",
            2,
            4,
        ),
        (
            b'<?xml version="1.0" encoding="UTF-16"?><a/>',
            "the bytes are not UTF-16, which the document declares",
            1,
            38,
        ),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "an encoding that cannot be read: klingon", 1, 39),
        (b'<?xml version="1.0" encoding="idna"?><a/>', "an encoding that cannot be read: idna", 1, 36),
    ],
)
def test_what_is_no_xml_says_so_and_where(body: bytes, what: str, line: int, column: int) -> None:
    error = refusal(body)
    assert what in error.what
    assert error.source
    assert (error.source.line, error.source.column) == (line, column)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0"?>\n<!-- > --><?p ?>\n  <!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<?xml version="1.0" encoding="utf-16"?>\n<!DOCTYPE a><a/>'.encode("utf-16"),
        b'\xef\xbb\xbf<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<?xml version="1.0" encoding="UTF-7"?>\n+ADwAIQ-DOCTYPE a><a/>',
        b"<!DOCTYPE a PUBLIC",
    ],
)
def test_a_document_type_is_refused_in_whatever_disguise(body: bytes) -> None:
    assert "document type declaration" in refusal(body).what


def test_an_entity_bomb_costs_nothing() -> None:
    entities = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 30))
    refusal(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e29;</a>'.encode())


def test_a_prolog_of_many_comments_costs_no_more_than_it_is_long() -> None:
    assert growth(lambda size: refusal(b"<?p ?><!-- -->" * size + b"<a" + b"<?p ?>" * size), 2_000) < SQUARE


def test_the_limit_on_size() -> None:
    assert "9 bytes, over the 8" in refusal(b"<a>x</a>\n", limit=8).what
    assert xml.parse(b"<a>x</a>", limit=8).text == "x"


def test_an_attachment_of_10_mb_is_read() -> None:
    assert len(xml.parse(b"<a>" + b"QUJD" * 3_500_000 + b"</a>").text or "") == 14_000_000


def test_comments_are_kept_and_nothing_else_is_lost() -> None:
    body = b"<!-- before --><a> <!-- in --> x <b/> </a>"
    assert etree.tostring(xml.parse(body).getroottree()) == body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_any_encoding_that_is_declared_truly_is_read(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><a>åäö</a>'.encode(encoding)
    assert xml.parse(body).text == "åäö"
    assert xml.prolog_encoding(body) == encoding
    assert "<a>åäö</a>" in xml.pretty(body)


@pytest.mark.parametrize("body", [b"<a/>", b'<?xml version="1.0"?><a/>', b"", b'<a encoding="x"/>', b"\x00\x01"])
def test_no_encoding_is_named(body: bytes) -> None:
    assert xml.prolog_encoding(body) is None


def test_a_long_line_is_shown_up_to_the_place() -> None:
    source = refusal(b"<a>" + b"x" * 500 + b"</b>").source
    assert source
    assert source.column == 508
    assert len(source.text) == 120
    assert source.text.endswith("xxx</b>")
    assert source.text.startswith("…")


def test_paths_use_the_documents_prefixes_and_count_only_where_names_repeat() -> None:
    root = xml.parse(ENVELOPE)
    paths = [xml.path_of(element) for element in root.iter()]
    assert paths == [
        "/e:Envelope",
        "/e:Envelope/e:Body",
        "/e:Envelope/e:Body/r:Ask",
        "/e:Envelope/e:Body/r:Ask/r:id[1]",
        "/e:Envelope/e:Body/r:Ask/r:id[2]",
        "/e:Envelope/e:Body/r:Ask/plain",
        "/e:Envelope/e:Body/r:Ask/plain/inner",
    ]


def test_a_default_namespace_takes_a_prefix_from_the_map() -> None:
    root = xml.parse(ENVELOPE.replace(b"e:", b"").replace(b"xmlns:e", b"xmlns").replace(b"xmlns:soap", b"xmlns"))
    inner = next(root.iter("{urn:p}inner"))
    assert xml.path_of(inner) == "/soapenv:Envelope/soapenv:Body/r:Ask/plain/inner"
    assert xml.path_of(inner, {"urn:p": "p"}) == "/Envelope/Body/r:Ask/p:plain/p:inner"


def test_comments_and_instructions_have_a_path_as_well() -> None:
    root = xml.parse(b"<a><!-- x --><?p y?></a>")
    assert [xml.path_of(child) for child in root] == ["/a/comment()", "/a/processing-instruction()"]


def test_pretty_indents() -> None:
    assert xml.pretty(b'<?xml version="1.0"?><a><b>x</b><!-- c --><d><e/></d></a>').splitlines() == [
        '<?xml version="1.0"?>',
        "<a>",
        "  <b>x</b>",
        "  <!-- c -->",
        "  <d>",
        "    <e/>",
        "  </d>",
        "</a>",
    ]


def test_pretty_leaves_mixed_content_alone() -> None:
    assert (
        xml.pretty(b"<a><p>one <b>two</b> <i>three</i></p></a>").splitlines()[1]
        == "  <p>one <b>two</b> <i>three</i></p>"
    )


texts = st.text(st.sampled_from("aå <&\n"), max_size=6)


def element(text: str, children: list[tuple[etree._Element, str]]) -> etree._Element:
    built = etree.Element("e")
    built.text = text
    for child, tail in children:
        built.append(child)
        child.tail = tail
    return built


elements = st.recursive(
    st.builds(element, texts, st.just([])),
    lambda inner: st.builds(element, texts, st.lists(st.tuples(inner, texts), max_size=3)),
    max_leaves=12,
)


def content(root: etree._Element) -> list[str]:
    return [text for text in root.itertext() if text.strip()]


@given(elements)
def test_pretty_changes_no_text(root: etree._Element) -> None:
    assert content(xml.parse(xml.pretty(etree.tostring(root)).encode())) == content(root)


def test_pretty_shortens_base64_and_says_how_long_it_was() -> None:
    shown = xml.pretty(b"<a><value>" + b"QUJD" * 850_000 + b"</value></a>")
    assert shown.splitlines()[1] == f"  <value>{'QUJD' * 15}… 3 400 000 characters</value>"


def test_pretty_keeps_long_prose() -> None:
    assert "ord och ord " * 100 in xml.pretty(f"<a>{'ord och ord ' * 100}</a>".encode())


def test_pretty_takes_the_deepest_tree_that_the_parser_takes() -> None:
    assert xml.pretty(b"<a>" * 2000 + b"</a>" * 2000).count("<a") == 2000


@given(st.binary())
def test_pretty_never_fails(body: bytes) -> None:
    assert isinstance(xml.pretty(body), str)


@given(st.binary(), st.sampled_from(["rot13", "hex", "unicode_escape", "cp9999", "idna", "utf-16", "utf_7", "x"]))
def test_pretty_never_trusts_a_declaration(body: bytes, encoding: str) -> None:
    assert "encoding" in xml.pretty(f'<?xml version="1.0" encoding="{encoding}"?><a>'.encode() + body)


def test_what_cannot_be_parsed_is_shown_as_it_is() -> None:
    assert xml.pretty(b"<a>\xe5<b") == "<a>\ufffd<b"


def test_a_document_type_in_a_file_is_told_as_such() -> None:
    for is_message, said in ((True, "a SOAP message must not"), (False, "a file with a document type declaration")):
        with pytest.raises(Unreadable, match=said):
            xml.parse(b"<!DOCTYPE a><a/>", is_message=is_message)
