"""Every page of the built site, as HTML."""

import functools
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup, Tag

from tests.site.conftest import LESSONS, SOLUTIONS

FILE_NAME = re.compile(r"\.(png|jpe?g|svg|gif)$|^[0-9a-f]{32,}", re.IGNORECASE)
# What a page itself fetches; a link is followed by a reader.
FETCHES = {"script": "src", "img": "src", "iframe": "src", "source": "src"}


@functools.cache
def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="session")
def pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) > 20
    return found


def test_no_page_fetches_from_another_host(pages: list[Path]) -> None:
    foreign = [
        (path.name, str(tag)[:100])
        for path in pages
        for tag in page(path).find_all([*FETCHES, "link"])
        if "canonical" not in str(tag.get("rel"))
        and str(tag.get(FETCHES.get(tag.name, "href"), "")).startswith(("http", "//"))
    ]
    assert foreign == []


def test_style_sheets_and_scripts_name_no_other_host(site: Path) -> None:
    url = re.compile(
        r"url\(\s*['\"]?(?:https?:)?//|import\s*['\"(]+https?:|fetch\(['\"]http"
    )
    files = [*site.rglob("*.css"), *site.rglob("*.js")]
    assert [file.name for file in files if url.search(file.read_text("utf-8"))] == []


def _leads_somewhere(link: str, path: Path, site: Path) -> bool:
    address, fragment = urldefrag(link)
    if re.match(r"[a-z]+:", address):
        return True
    target = (path.parent / unquote(address)).resolve() if address else path
    if not target.is_relative_to(site) or not target.is_file():
        return False
    return not fragment or page(target).find(id=unquote(fragment)) is not None


def test_internal_links_lead_somewhere(pages: list[Path], site: Path) -> None:
    broken = [
        (path.name, link["href"])
        for path in pages
        for link in page(path).find_all("a", href=True)
        if not _leads_somewhere(str(link["href"]), path, site)
    ]
    assert broken == []


def test_headings_are_in_order(pages: list[Path]) -> None:
    wrong = []
    for path in pages:
        levels = [
            int(tag.name[1]) for tag in page(path).find_all(re.compile("^h[1-6]$"))
        ]
        steps = zip([0, *levels], levels, strict=False)
        if levels.count(1) != 1 or any(b > a + 1 for a, b in steps):
            wrong.append((path.name, levels))
    assert wrong == []


def test_every_image_has_a_text(pages: list[Path]) -> None:
    poor = [
        (path.name, str(image)[:120])
        for path in pages
        for image in page(path).select("article img")
        if len(str(image.get("alt", ""))) < 20 or FILE_NAME.search(str(image["alt"]))
    ]
    assert poor == []


def test_images_say_how_large_they_are(pages: list[Path]) -> None:
    images = [i for path in pages for i in page(path).select(".cell_output img")]
    assert images
    assert all(image.get("width") and image.get("height") for image in images)


def test_every_title_is_its_own(pages: list[Path]) -> None:
    titles = [page(path).title.get_text() for path in pages]  # type: ignore[union-attr]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", LESSONS + SOLUTIONS)
def test_tags_are_obeyed(site: Path, name: str) -> None:
    html = page(site / name)
    assert html.select(".tag_remove-cell") == []
    shown = [
        cell
        for cell in html.select(".tag_setup, .tag_hide-input")
        if cell.select_one(".cell_input") and not cell.select_one("details .cell_input")
    ]
    assert shown == []


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_names_what_it_exports(site: Path, name: str) -> None:
    panel = page(site / name).select_one(".leaves")
    assert isinstance(panel, Tag)
    assert panel.select("ul a[href*='api/']")
    assert panel.select_one(f"a[href$='solutions/{name}']")


@pytest.mark.parametrize("name", LESSONS)
def test_facts_stand_under_the_title(site: Path, name: str) -> None:
    facts = page(site / name).select_one("table.facts")
    assert isinstance(facts, Tag)
    names = [th.get_text().strip() for th in facts.select("th")]
    assert len(names) >= 4
    assert all(names)


def test_the_front_page_maps_the_course(site: Path) -> None:
    html = page(site / "index.html")
    numbers = [int(str(item["value"])) for item in html.select(".chapter li")]
    assert numbers == list(range(1, 48))
    linked = [str(a["href"]) for a in html.select(".chapter li a")]
    assert linked == LESSONS
    assert f"{len(LESSONS)} of 47" in html.get_text()


def test_the_run_is_told(site: Path) -> None:
    html = page(site / "how-the-book-runs.html")
    rows = [row.get_text(" ", strip=True) for row in html.select("tbody tr")]
    assert len(rows) == len(LESSONS)
    assert any(re.search(r"numpy \d+\.\d+", row) for row in rows)


def test_nothing_is_shipped_in_vain(site: Path) -> None:
    assert list(site.rglob("*.map")) == []
    assert list(site.rglob("temml*.js")) == []
