"""The site as a reader's browser shows it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.site.conftest import KINDS, LESSONS, SOLUTIONS, Reader

ONE_OF_EACH = pytest.mark.parametrize("name", KINDS.values(), ids=KINDS)
LIMIT = 600_000  # bytes, decoded, of all that a lesson's page fetches
ALL = sorted({*KINDS.values(), *LESSONS, *SOLUTIONS})


@pytest.mark.parametrize("name", ALL)
def test_is_quiet_and_stays_on_its_host(reader: Reader, name: str) -> None:
    reader.open(name)
    reader.read_to_the_end()
    assert reader.faults == []
    elsewhere = [r.url for r in reader.fetched if not r.url.startswith(reader.address)]
    assert elsewhere == []


@ONE_OF_EACH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(reader: Reader, name: str, scheme: str) -> None:
    reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page = reader.open(name)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page).response["violations"]
    told = [(v["id"], [node["target"] for node in v["nodes"]][:3]) for v in found]
    assert told == []


@pytest.mark.parametrize("name", ALL)
def test_fits_a_phone(phone: Reader, name: str) -> None:
    page = phone.open(name)
    phone.read_to_the_end()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name", LESSONS)
def test_what_is_wide_scrolls_and_can_be_reached(phone: Reader, name: str) -> None:
    page = phone.open(name)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_timeout(300)  # the observer of sizes runs after layout
    unreachable = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter(box =>
            box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0
            && ["auto", "scroll"].includes(getComputedStyle(box).overflowX)
            && box.tabIndex < 0).map(box => box.outerHTML.slice(0, 120))"""
    )
    assert unreachable == []


def test_search_finds_a_word(reader: Reader) -> None:
    page = reader.open("index.html")
    page.get_by_role("searchbox", name="Search the book").fill("broadcast")
    page.keyboard.press("Enter")
    hit = page.locator("#search-results a").first
    hit.wait_for()
    href = hit.get_attribute("href")
    assert href is not None
    assert page.request.get(page.url.split("search.html")[0] + href).ok
    assert "broadcast" in page.locator("#search-results").inner_text().lower()


def test_search_knows_where_the_front_matter_is(reader: Reader) -> None:
    page = reader.open("search.html?q=erratum")
    page.locator("#search-results a").first.click()
    page.wait_for_load_state()
    assert page.url.split("?")[0].endswith("/contributing.html")


def test_formulas_are_set(reader: Reader) -> None:
    page = reader.open("foundations/06_linear_regression.html")
    page.wait_for_function("document.fonts.check('1em \"STIX Two Math\"')")
    block = page.locator("div.math math").first
    box = block.bounding_box()
    assert box is not None
    assert box["height"] > 25
    assert page.locator("math").count() > 5
    assert not re.search(r"\\(frac|sum|hat|begin)\b", page.inner_text("article"))


def test_code_can_be_copied(reader: Reader) -> None:
    page = reader.open(LESSONS[0])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input .highlight:visible").first
    cell.hover()
    cell.get_by_role("button", name="Copy").click()
    cell.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()


@pytest.mark.parametrize("name", SOLUTIONS)
def test_solutions_are_folded_until_asked_for(
    without_script: Reader, name: str
) -> None:
    page = without_script.open(name)
    folds = page.locator("details.fold-solution")
    assert folds.count() >= 3
    answers = page.locator(".cell:not(.tag_setup):not(.tag_parameters)")
    assert answers.count() >= folds.count()
    assert all(not answers.nth(k).is_visible() for k in range(answers.count()))
    folds.first.locator("summary").first.click()
    assert folds.first.locator(".cell").first.is_visible()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_right_without_script(without_script: Reader, name: str) -> None:
    page = without_script.open(name)
    assert page.locator("h1").is_visible()
    assert page.locator(".cell_input pre:visible").count() > 5
    page.locator(".cell_output img").first.wait_for()
    assert page.locator(".tag_setup details").first.get_attribute("open") is None
    assert not page.locator("button.theme").is_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    assert not page.locator("#contents").is_visible()
    page.get_by_role("button", name="Contents").click()
    assert page.locator("#contents a:visible").count() > 10


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_shows_its_buttons(reader: Reader, name: str) -> None:
    page = reader.open(name)
    stem = name.removesuffix(".html")
    colab = page.get_by_role("link", name="Open in Colab").get_attribute("href")
    assert colab is not None
    assert colab.startswith("https://colab.research.google.com/github/")
    assert colab.endswith(f"/blob/main/{stem}.ipynb")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download notebook").click()
    assert download.value.suggested_filename == f"{stem.split('/')[1]}.ipynb"
    assert page.locator(".neighbours a[rel=prev]").count() == 1
    assert page.locator(".neighbours a[rel=next]").count() == 1


def test_the_colours_can_be_chosen(reader: Reader) -> None:
    page = reader.open("index.html")
    switch = page.locator("button.theme")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    switch.click()
    switch.click()
    assert switch.inner_text().strip() == "Colours: Dark"
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("name", LESSONS)
def test_figures_show_the_ground_of_the_page(reader: Reader, name: str) -> None:
    reader.page.emulate_media(color_scheme="dark")
    page = reader.open(name)
    grounds = page.evaluate(
        """() => [...document.querySelectorAll(".cell_output img")].flatMap(image => {
            const found = [];
            for (let e = image; e !== document.body; e = e.parentElement) {
                const ground = getComputedStyle(e).backgroundColor;
                if (ground !== "rgba(0, 0, 0, 0)") found.push(ground);
            }
            return found;
        })"""
    )
    assert page.locator(".cell_output img").count() >= 2
    assert grounds == []


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_light(reader: Reader, name: str) -> None:
    reader.open(name)
    reader.read_to_the_end()
    answers = [request.response() for request in reader.fetched]
    sizes = {answer.url: len(answer.body()) for answer in answers if answer}
    total = sum(sizes.values())
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert total <= LIMIT, f"{total:,} bytes; the heaviest: {heaviest}"
