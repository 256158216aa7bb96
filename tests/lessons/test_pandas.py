"""Lesson 04's own group-by and join against pandas; its finders on known rows."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons import datasets
from lessons.foundations.pandas import (
    find_copies,
    find_date_flaws,
    find_tag_flaws,
    find_text_flaws,
    group_by,
    hash_join,
    judge_tags,
    parse_dates,
    repair,
    repair_text,
    score_findings,
)

DAYS = ("2019-01-01", "2026-11-16")
keys = st.sampled_from("abcd")
lefts = st.lists(st.fixed_dictionaries({"key": keys, "x": st.integers(-9, 9)}))
rights = st.lists(st.fixed_dictionaries({"key": keys, "y": st.integers(-9, 9)}))


@settings(max_examples=40, deadline=None)
@given(lefts)
def test_group_by_is_that_of_pandas(rows: list[dict[str, object]]) -> None:
    table = pd.DataFrame(rows, columns=["key", "x"])
    theirs = table.groupby("key", sort=False)["x"].sum().to_dict()
    assert group_by(rows, "key", "x", sum) == theirs
    assert list(group_by(rows, "key", "x", sum)) == list(theirs)


@settings(max_examples=40, deadline=None)
@given(lefts, rights)
def test_hash_join_is_the_merge_of_pandas(
    left: list[dict[str, object]], right: list[dict[str, object]]
) -> None:
    columns = ["key", "x", "y"]
    first, second = pd.DataFrame(left), pd.DataFrame(right)
    for how in ("inner", "left"):
        ours = pd.DataFrame(hash_join(left, right, "key", how), columns=columns)
        theirs = first.reindex(columns=["key", "x"]).merge(
            second.reindex(columns=["key", "y"]), on="key", how=how
        )
        both = [
            table.astype({"key": str, "x": float, "y": float}).sort_values(
                columns, ignore_index=True
            )
            for table in (ours, theirs)
        ]
        pd.testing.assert_frame_equal(*both)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (None, "missing description"),
        ("  ", "missing description"),
        ("<p>A tool</p>", "HTML left-over"),
        ("Nodes &amp; edges", "HTML left-over"),
        ("see http://example.org/x", "URL left-over"),
        ("a Bi–LSTM".encode().decode("cp1252"), "mojibake"),
        ("1 < 2 & 3 > 2, naïve café", None),
    ],
)
def test_a_text_flaw_is_named(text: str | None, flaw: str | None) -> None:
    table = pd.DataFrame({"id": [7], "description": [text]})
    wanted = [] if flaw is None else [(7, flaw)]
    found = find_text_flaws(table)
    assert list(found.itertuples(index=False, name=None)) == wanted


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("<b>A</b> &amp; B", "A & B"),
        ("&lt;b&gt;A&lt;/b&gt;", "A"),
        ("café – déjà".encode().decode("cp1252"), "café – déjà"),
        ("A tool https://example.org/x", "A tool"),
        ("Ãx", "Ãx"),
    ],
)
def test_a_text_is_mended(text: str, mended: str) -> None:
    assert repair_text(pd.Series([text])).tolist() == [mended]


def test_blank_texts_become_null() -> None:
    assert repair_text(pd.Series([None, "", " ", "<br/>", "x"])).isna().tolist() == [
        *[True] * 4,
        False,
    ]


def test_dates() -> None:
    texts = ["2024-02-29", "29/02/2024", "1970-01-01", "2099-07-04", "soon"]
    table = pd.DataFrame({"id": range(5), "created_on": texts})
    read = parse_dates(table["created_on"])
    assert read[0] == read[1] == pd.Timestamp(2024, 2, 29)
    assert read.isna().tolist() == [False] * 4 + [True]
    found = set(find_date_flaws(table, *DAYS).itertuples(index=False, name=None))
    other, impossible = "other date format", "impossible date"
    assert found == {
        (1, other),
        (4, other),
        (2, impossible),
        (3, impossible),
        (4, impossible),
    }


def test_tags() -> None:
    taxonomy = datasets.load("tags")
    tags = [["keras", "nlp"], ["opencv"], ["transfer-leanring"], ["misc"], []]
    table = pd.DataFrame({"id": range(5), "tags": tags})
    found = find_tag_flaws(table, taxonomy).set_index("id")["flaw"].to_dict()
    assert found == {
        0: "alias for a tag",
        2: "misspelt tag",
        3: "tag outside the taxonomy",
        4: "no tags",
    }
    right = judge_tags(table["tags"].explode(), taxonomy)["right"]
    assert right["nlp"] == "natural-language-processing"
    assert right["transfer-leanring"] == "transfer-learning"


def test_the_gold_table_has_no_copies_and_stays_as_it_is() -> None:
    gold = datasets.load("projects")
    assert find_copies(gold).empty
    as_text = gold.assign(created_on=gold["created_on"].dt.strftime("%Y-%m-%d"))
    assert find_date_flaws(as_text, *DAYS).empty
    assert find_tag_flaws(as_text, datasets.load("tags")).empty
    mended = repair(as_text, datasets.load("tags"), *DAYS)
    columns = ["id", "created_on", "title", "tags"]
    pd.testing.assert_frame_equal(mended[columns], gold[columns])


def test_scores_count_by_hand() -> None:
    found = pd.DataFrame({"id": [1, 2, 2, 3], "flaw": ["a", "a", "a", "b"]})
    key = pd.DataFrame({"id": [1, 4, 5], "flaw": ["a", "a", "c"]})
    scores = score_findings(found, key)
    counts = scores[["planted", "found", "hits"]].T.to_dict("list")
    assert counts == {"a": [2, 2, 1], "b": [0, 1, 0], "c": [1, 0, 0]}
    assert scores.loc["a", ["precision", "recall"]].tolist() == [0.5, 0.5]
    assert scores.loc["c", "recall"] == scores.loc["b", "precision"] == 0
    assert pd.isna(scores.loc["c", "precision"])
    assert pd.isna(scores.loc["b", "recall"])
