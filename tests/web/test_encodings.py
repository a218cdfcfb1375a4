"""In what form an answer comes: what the client can read, what it likes best, and whole on the other side."""

from __future__ import annotations

import gzip
import json
import random

import brotli
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from alerts.web.encodings import Encoded, chosen, pays
from tests.web.client import Answer, ask

TEXT = " ".join(str(number) for number in range(5_000))
READ = {"gzip": gzip.decompress, "br": brotli.decompress}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.8,gzip;q=0.8", "br"),
        ("br; q=0, gzip;q=0", ""),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("deflate", ""),
        ("gzip;q=much", ""),
        ("gzip;q=7", ""),
        ("gzip;level=9", "gzip"),
        (";;q=,=;,,", ""),
        ("notgzip, xbr", ""),
    ],
)
def test_the_clients_liking_decides_then_ours(accepted: str, encoding: str) -> None:
    assert chosen(accepted) == encoding


def test_pictures_and_short_answers_stay_as_they_are() -> None:
    assert pays("text/html; charset=utf-8", 2_000) and pays("application/atom+xml; charset=utf-8", 2_000)
    assert pays("image/svg+xml", 2_000) and pays("application/geo+json", 2_000)
    assert not pays("image/png", 200_000) and not pays("text/html", 200)


def _app() -> Starlette:
    async def text(request: Request) -> Response:
        return PlainTextResponse(TEXT)

    async def picture(request: Request) -> Response:
        return Response(TEXT, media_type="image/png")

    async def done(request: Request) -> Response:
        return PlainTextResponse(TEXT, headers={"Content-Encoding": "own"})

    async def unchanged(request: Request) -> Response:
        return Response(status_code=304, headers={"ETag": '"a"'})

    async def rows(request: Request) -> Response:
        return StreamingResponse(iter(["a,b\n", "", TEXT, "\n" + TEXT]), media_type="text/csv")

    endpoints = (text, picture, done, unchanged, rows)
    app = Starlette(routes=[Route(f"/{one.__name__}", one) for one in endpoints])
    app.add_middleware(Encoded)
    return app


def _ask(path: str, accepted: str) -> Answer:
    return ask(_app(), path, headers={"Accept-Encoding": accepted})


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_text_comes_whole_out_of_fewer_bytes(encoding: str) -> None:
    answer = _ask("/text", encoding)
    assert answer.headers["content-encoding"] == encoding
    assert int(answer.headers["content-length"]) == len(answer.body) < len(TEXT) // 2
    assert READ[encoding](answer.body) == TEXT.encode()


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_what_comes_in_pieces_comes_whole_and_says_no_length(encoding: str) -> None:
    answer = _ask("/rows", encoding)
    assert answer.headers["content-encoding"] == encoding
    assert "content-length" not in answer.headers
    assert READ[encoding](answer.body) == f"a,b\n{TEXT}\n{TEXT}".encode()


def test_caches_on_the_way_are_told_that_there_are_several_forms() -> None:
    for path, accepted in (("/text", ""), ("/text", "br"), ("/rows", "gzip"), ("/unchanged", "br")):
        assert _ask(path, accepted).headers["vary"] == "Accept-Encoding"
    assert "vary" not in _ask("/picture", "br").headers


def test_what_is_compressed_already_or_would_not_gain_is_left_alone() -> None:
    assert _ask("/done", "br").headers["content-encoding"] == "own"
    for path in ("/done", "/picture"):
        assert _ask(path, "br").body == TEXT.encode()


def test_any_list_of_encodings_can_be_read() -> None:
    rng = random.Random(4)
    for _ in range(2_000):
        accepted = "".join(rng.choice("brgzip*;=q0.159, \t-einf") for _ in range(rng.randrange(30)))
        assert chosen(accepted) in ("br", "gzip", ""), json.dumps(accepted)
