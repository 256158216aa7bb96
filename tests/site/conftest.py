"""The built site, a server on loopback, and a Chromium to look at it with."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

import book.site
from book.course import Course

ROOT = Path(__file__).parents[2]
PARTS = ["_config.yml", "_toc.yml", "requirements.txt", "foundations", "mlops"]
PARTS += ["solutions", "lessons", "book/pages", "book/static", "book/curriculum.yml"]
PARTS += ["book/measurements.json", "datasets"]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW = "no Chromium found: `apt-get install chromium`, or name one in CHROMIUM"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the built site; ``BOOK_SITE`` names one that exists."""
    built = os.environ.get("BOOK_SITE")
    if built:
        return Path(built).resolve()
    copy = tmp_path_factory.mktemp("book")
    for part in PARTS:
        source, target = ROOT / part, copy / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("_*cache*"))
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return book.site.build(copy).parent


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = [os.environ.get("CHROMIUM", ""), *CHROMIUM]
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail(HOW, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Reader:
    """A browser window that remembers what went wrong and what was fetched."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.faults: list[str] = []
        self.fetched: list[Request] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfinished", self._keep)
        page.on("requestfailed", lambda r: self.faults.append(f"not loaded: {r.url}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _keep(self, request: Request) -> None:
        self.fetched.append(request)

    def open(self, name: str) -> Page:
        self.page.goto(self.address + name, wait_until="load")
        return self.page

    def read_to_the_end(self) -> None:
        """Have every picture loaded, as scrolling would."""
        self.page.evaluate(
            """() => Promise.all([...document.images].map(image => {
                image.loading = "eager";
                return image.decode().catch(() => null);
            }))"""
        )
        self.page.wait_for_load_state("networkidle")


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    """A window of a laptop's size."""
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    yield Reader(context.new_page(), address)
    context.close()


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Reader]:
    """A window 360 pixels wide."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, device_scale_factor=2
    )
    yield Reader(context.new_page(), address)
    context.close()


@pytest.fixture
def without_script(browser: Browser, address: str) -> Iterator[Reader]:
    """A window that runs no JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield Reader(context.new_page(), address)
    context.close()


def _names() -> list[str]:
    return [lesson.name for lesson in Course(ROOT).lessons]


LESSONS = [f"{name}.html" for name in _names()]
SOLUTIONS = [f"solutions/{name}.html" for name in _names()]
KINDS = {
    "front": "index.html",
    "prose": "how-to-use.html",
    "chapter": "chapters/toolkit.html",
    "lesson": "foundations/06_linear_regression.html",
    "solution": "solutions/foundations/06_linear_regression.html",
    "solutions": "solutions.html",
    "reference": "api/runtime.html",
    "figures of the run": "how-the-book-runs.html",
    "search": "search.html?q=array",
}
