"""The flawed file is made from the gold one, and the key knows every planted flaw."""

import json
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from lessons import datasets

FOLDER = Path(__file__).parents[2] / "datasets/projects"


@pytest.fixture(scope="module")
def maker():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        yield import_module("flaws")


def lines(name: str) -> list[dict[str, object]]:
    text = (FOLDER / name).read_text("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def test_the_file_regenerates_to_the_same_bytes(maker) -> None:
    rows, key = maker.flawed(lines("projects.jsonl"))
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    assert text == (FOLDER / "flawed.jsonl").read_text("utf-8")
    assert maker.as_csv(key) == (FOLDER / "flaws.csv").read_text("utf-8")


def test_rates_are_as_written(maker) -> None:
    gold, key = lines("projects.jsonl"), datasets.load("flaws")
    counts = Counter(key["flaw"])
    rates = {flaw: rate for flaw, (rate, _) in maker.FLAWS.items()} | maker.COPIES
    for flaw, rate in rates.items():
        assert counts[flaw] == round(rate * len(gold))


def test_every_row_that_differs_is_in_the_key_and_no_other() -> None:
    gold = {row["id"]: row for row in lines("projects.jsonl")}
    flawed = lines("flawed.jsonl")
    differing = {row["id"] for row in flawed if gold.get(row["id"]) != row}
    assert differing == set(datasets.load("flaws")["id"])


def test_both_tables_load() -> None:
    flawed, key = datasets.load("flawed"), datasets.load("flaws")
    assert list(flawed) == ["id", "created_on", "title", "description", "tags"]
    assert set(key["id"]) <= set(flawed["id"])
    assert flawed["description"].isna().any()


def test_checksums_are_those_of_the_files() -> None:
    for name in ("projects", "tags", "flawed", "flaws"):
        assert len(datasets.load(name)) > 100
