"""``load("madewithml")`` against a server on loopback that behaves, and five that don't."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lessons import datasets

ROWS = "id,created_on,title,description,tag\n6,2020-02-20,A title,A text,mlops\n"
Answer = Callable[[BaseHTTPRequestHandler], None]


def whole(request: BaseHTTPRequestHandler, sent: bytes = ROWS.encode()) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(ROWS)))
    request.end_headers()
    request.wfile.write(sent)


def half(request: BaseHTTPRequestHandler) -> None:
    whole(request, ROWS.encode()[: len(ROWS) // 2])


def altered(request: BaseHTTPRequestHandler) -> None:
    whole(request, ROWS.upper().encode())


def missing(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


def silent(_: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


@pytest.fixture
def serve(monkeypatch, tmp_path: Path) -> Iterator[Callable[[Answer], None]]:
    servers = []

    def start(answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(
            datasets, "REMOTE", f"http://127.0.0.1:{server.server_port}"
        )

    digest = hashlib.sha256(ROWS.encode()).hexdigest()
    files = dict.fromkeys(datasets._REMOTE_FILES, digest)
    monkeypatch.setattr(datasets, "_REMOTE_FILES", files)
    monkeypatch.setattr(datasets, "TIMEOUT", 0.3)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_success(serve) -> None:
    serve(whole)
    table = datasets.load("madewithml")
    assert table["split"].tolist() == ["dataset", "holdout"]
    assert table["tag"].tolist() == ["mlops", "mlops"]


def test_a_second_load_asks_nobody(serve) -> None:
    serve(whole)
    datasets.load("madewithml")
    serve(missing)
    assert len(datasets.load("madewithml")) == 2


@pytest.mark.parametrize("answer", [half, altered, missing, silent])
def test_a_bad_answer_is_one_clear_line_and_nothing_is_kept(
    serve, answer: Answer, tmp_path: Path
) -> None:
    serve(answer)
    with pytest.raises(
        datasets.DataError, match="dataset.csv can't be fetched"
    ) as caught:
        datasets.load("madewithml")
    assert "\n" not in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_nobody_there(serve, monkeypatch) -> None:
    monkeypatch.setattr(datasets, "REMOTE", "http://127.0.0.1:9")
    with pytest.raises(datasets.DataError, match="can't be fetched"):
        datasets.load("madewithml")
