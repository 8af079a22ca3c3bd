"""Heads of answers are read as http.client reads them, whatever stands in them."""

import io
import socket
from http.client import HTTPException, HTTPResponse
from typing import cast

import pytest

from rivta.transport.wire import Head, read_head

STATUS = (
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200", b"HTTP/1.0 500 No", b"HTTP/1.9 204 x y", b"HTTP/2 200 OK", b"HTTP/1.1 99 Low", b"HTTP/1.1 1000 High",
    b"HTTP/1.1 two", b"HTTP/1.1", b"ICY 200 OK", b"", b"\x15\x03\x01", b"<html>", b"HTTP/1.1 200 " + b"x" * 70_000, b"HTTP/0.9 200 OK",
)  # fmt: skip
HEADERS = (
    b"", b"Content-Length: 5\r\n", b"Content-Length: 5\r\ncontent-length:5\r\n", b"Transfer-Encoding: Chunked\r\n", b"Connection: close\r\nContent-Length: 0\r\n",
    b"A:b\nB: c \n", b"X-Tab:\tx\r\n", b"No colon\r\nLost: yes\r\n", b"Space : 1\r\nLost: yes\r\n", b"Latin: \xe5\xe4\xf6\r\n", b"Empty:\r\n",
    b" begins folded\r\nA: b\r\n", b"Connection: Keep-Alive\r\nContent-Length: 1\r\n", b"A: b\r\n" * 99, b"A: b\r\n" * 100, b"Long: " + b"x" * 70_000 + b"\r\n",
    b"Content-Length: -1\r\n", b"A: b: c\r\n",
)  # fmt: skip


class _Answer:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._data))


def told_by_the_library(data: bytes) -> object:
    response = HTTPResponse(cast("socket.socket", _Answer(data)), method="POST")
    try:
        response.begin()
    except HTTPException as error:
        return type(error)
    finally:
        response.close()
    return response.status, tuple(response.getheaders()), response.chunked


def told(data: bytes) -> object:
    try:
        head = read_head(io.BufferedReader(io.BytesIO(data)))
    except HTTPException as error:
        return type(error)
    return head.status, head.headers, head.is_chunked


@pytest.mark.parametrize("end", [b"\r\n", b""])
def test_a_head_is_what_the_library_says(end: bytes) -> None:
    heads = [status + (b"\r\n" if status else b"") + headers + end for status in STATUS for headers in HEADERS]
    assert [told(each) for each in heads] == [told_by_the_library(each) for each in heads]


def test_a_folded_header_goes_on_with_a_blank() -> None:
    assert told(b"HTTP/1.1 200 OK\r\nA: b\r\n\t c\r\n  d\r\nE: f\r\n\r\n") == (200, (("A", "b c d"), ("E", "f")), False)


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_who_leaves_the_connection_open_says_so_by_version_and_header(head: bytes, keeps: bool) -> None:
    read: Head = read_head(io.BufferedReader(io.BytesIO(head)))
    assert read.keeps is keeps
