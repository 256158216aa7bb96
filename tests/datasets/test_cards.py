"""Every data set has a card, and the cards' figures show what the data say today."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from book.figures import figures_agree
from datasets.figures import FIGURES
from lessons import datasets
from lessons.plotting import STYLE, png

ROOT = datasets.ROOT
CARDS = sorted(ROOT.glob("*/README.md"))


@pytest.mark.parametrize("name", [*datasets.available(), "madewithml"])
def test_every_name_has_a_card(name: str) -> None:
    card = datasets.card(name)
    assert card.startswith("# ")
    assert "**Not for**" in card
    assert re.search(r"\*\*Licen[cs]e\*\*", card)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_what_its_code_draws(name: str) -> None:
    with plt.rc_context(STYLE):
        assert figures_agree(png(FIGURES[name]()), (ROOT / name).read_bytes())


def test_every_figure_stands_on_its_card_with_a_text() -> None:
    shown = {
        f"{card.parent.name}/{image}"
        for card in CARDS
        for image in re.findall(r"!\[[^\]]{20,}\]\((.+?)\)", card.read_text("utf-8"))
    }
    assert shown == set(FIGURES)


def test_all_of_it_is_small() -> None:
    files = [path for path in Path(ROOT).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 6_000_000


def test_the_accuracies_on_the_card_are_those_of_the_grid() -> None:
    card = datasets.card("headlines")
    grid = datasets.load("headlines_grid")
    for (architecture, name), mean in (
        grid.groupby(["architecture", "slice"])["accuracy"].mean().items()
    ):
        row = re.search(rf"^\| `?{architecture}`?(, [^|]*)? \|(.*)\|$", card, re.M)
        assert row, architecture
        column = ["keyword", "phrase", "order", "memory", "lookup"].index(name)
        assert float(row[2].split("|")[column]) == pytest.approx(mean, abs=0.0051)


def test_a_second_reader_chose_nearly_the_same_tags() -> None:
    second = pd.read_json(ROOT / "projects/second_tags.jsonl", lines=True)
    first = datasets.load("projects").set_index("id")["tags"][second["id"]]
    pairs = [(set(a), set(b)) for a, b in zip(first, second["tags"], strict=True)]
    both = sum(len(a & b) for a, b in pairs)
    f1 = 2 * both / sum(len(a) + len(b) for a, b in pairs)
    assert len(pairs) == 200
    assert f1 == pytest.approx(0.88, abs=0.005)
