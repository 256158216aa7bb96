"""The projects corpus lies inside the bands that its card promises."""

from __future__ import annotations

import os
import sys
from collections import Counter
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "datasets" / "projects"
FILE = Path(os.environ.get("PROJECTS_FILE", FOLDER / "projects.jsonl"))

sys.path.insert(0, str(FOLDER))
corpus: Any = import_module("corpus")
check: Any = import_module("check")
measure: Any = import_module("measure")
matrix: Any = import_module("matrix")
merge: Any = import_module("merge")
sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def records() -> list[Any]:
    read: list[Any] = corpus.read(FILE)
    return read


@pytest.fixture(scope="module")
def tags(records: list[Any]) -> list[str]:
    common: list[str] = measure.common_tags(records)
    return common


@pytest.fixture(scope="module")
def rules(records: list[Any], tags: list[str]) -> float:
    return float(measure.rules_f1(records, tags))


@pytest.fixture(scope="module")
def linear(records: list[Any], tags: list[str]) -> float:
    return float(measure.linear_f1(*measure.split(records), tags))


@pytest.fixture(scope="module")
def alike(records: list[Any]) -> list[tuple[float, int, int]]:
    pairs: list[tuple[float, int, int]] = check.near_duplicates(records)
    return pairs


def together(records: list[Any], groups: dict[str, list[Any]]) -> float:
    return sum(map(len, groups.values())) / len(records)


def test_enough_records_in_order_of_day(records: list[Any]) -> None:
    assert len(records) >= 2000
    assert all(a.created_on <= b.created_on for a, b in pairwise(records))


def test_every_month_from_2019_has_projects(records: list[Any]) -> None:
    months = Counter(r.created_on[:7] for r in records)
    expected = {f"{y}-{m:02}" for y in range(2019, 2027) for m in range(1, 13)}
    assert min(months[m] for m in expected - {"2026-11", "2026-12"}) >= 8
    assert set(months) <= expected


def test_gold_has_no_empty_text(records: list[Any]) -> None:
    assert [
        r for r in records if not r.title.strip() or not r.description.strip()
    ] == []


def test_tags_follow_the_policy(records: list[Any]) -> None:
    assert [(r.title, e) for r in records for e in check.tag_errors(r)] == []


def test_kind_is_tagged_on_nine_records_in_ten(records: list[Any]) -> None:
    kinds = set(corpus.group("kind"))
    assert check.share(records, lambda r: kinds & set(r.tags)) >= 90


def test_tags_have_a_long_tail(records: list[Any]) -> None:
    counts = measure.tag_counts(records).values()
    assert 45 <= sum(count >= 30 for count in counts) <= 90
    assert sum(3 <= count < 30 for count in counts) >= 40


def test_nothing_is_named_before_it_existed(records: list[Any]) -> None:
    assert check.anachronisms(records) == []


def test_language_models_do_not_take_over(records: list[Any]) -> None:
    late = [r for r in records if r.year >= 2023]
    assert check.share(records, check.about_llms) <= 15
    assert check.share(late, check.about_llms) <= 60


def test_some_tags_are_named_in_the_text(records: list[Any]) -> None:
    assert 0.33 <= check.named_share(records) <= 0.50


def test_alias_rules_are_a_fair_start(rules: float) -> None:
    assert 0.40 <= rules <= 0.60


def test_linear_model_beats_rules_and_leaves_room(linear: float, rules: float) -> None:
    assert 0.55 <= linear <= 0.82
    assert linear >= rules + 0.08


def test_year_shows_but_is_not_given_away(records: list[Any]) -> None:
    exact, near = measure.year_accuracy(records)
    assert 0.27 <= exact <= 0.60
    assert near >= 0.50


def test_early_and_late_years_differ(records: list[Any]) -> None:
    auc, p = measure.early_late(records)
    assert 0.82 <= auc <= 0.97
    assert p < 0.01


def test_frames_repeat_as_in_life(records: list[Any]) -> None:
    frames = check.repeated(records, check.frame)
    assert max(map(len, frames.values()), default=0) <= 0.010 * len(records)
    assert 0.06 <= together(records, frames) <= 0.25


def test_skeletons_hardly_repeat(records: list[Any]) -> None:
    skeletons = check.repeated(records, check.skeleton)
    assert max(map(len, skeletons.values()), default=0) <= 0.012 * len(records)
    assert together(records, skeletons) <= 0.15


def test_no_near_duplicates(alike: list[tuple[float, int, int]]) -> None:
    assert [pair for pair in alike if pair[0] >= 0.6] == []
    assert len(alike) <= 5


def test_surface_is_in_range(records: list[Any]) -> None:
    assert check.surface_misses(records) == []


def test_merge_sorts_and_numbers(records: list[Any]) -> None:
    rows = merge.rows(reversed(records[:50]))
    assert [row["id"] for row in rows] == list(range(1, 51))
    assert [row["created_on"] for row in rows] == sorted(
        r.created_on for r in records[:50]
    )


@pytest.mark.parametrize("tag", sorted(corpus.load_tags()))
def test_parents_and_aliases_are_sound(tag: str) -> None:
    known = corpus.load_tags()
    about = known[tag]
    assert set(about["parents"]) <= set(known)
    assert not set(about["aliases"]) & set(known)


def test_taxonomy_has_no_cycles_and_no_shared_aliases() -> None:
    known = corpus.load_tags()
    assert all(
        not corpus.family(tag) & set(about["parents"]) for tag, about in known.items()
    )
    uses = Counter(alias for about in known.values() for alias in about["aliases"])
    assert max(uses.values()) == 1


def test_anachronism_is_found() -> None:
    early = corpus.Record("2023-04-30", "QLoRA notes", "Tune with qlora.", ())
    public = early._replace(created_on="2023-06-01")
    assert len(check.anachronisms([early])) == 1
    assert check.anachronisms([public]) == []


def test_near_duplicate_is_found() -> None:
    text = "a small tool that counts birds on photos of the garden feeder"
    one = corpus.Record("2020-01-01", "Feeder count", text, ())
    two = one._replace(title="Feeder counts")
    other = one._replace(title="Else", description="nothing to do with the first one")
    assert [(a, b) for _, a, b in check.near_duplicates([one, two, other])] == [(0, 1)]


def test_drawn_cells_fit_kind_voice_and_month() -> None:
    cells = matrix.draw_year(2022)
    assert len(cells) == matrix.CELLS
    assert all(f"{c.day:%Y-%m}" >= c.first_month for c in cells)
    assert [c.line(1) for c in cells] == [c.line(1) for c in matrix.draw_year(2022)]
