"""Pandas: a table you can answer for.

Made from foundations/04_pandas.ipynb; edit it there.
"""

import difflib
import html
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

__all__ = [
    "MOJIBAKE",
    "Row",
    "find_copies",
    "find_date_flaws",
    "find_tag_flaws",
    "find_text_flaws",
    "findings",
    "group_by",
    "hash_join",
    "judge_tags",
    "parse_dates",
    "repair",
    "repair_text",
    "score_findings",
    "split_by",
]

# From cell 4bf7ed24 of foundations/04_pandas.ipynb.
Row = dict[str, Any]


# From cell 212f4fb3 of foundations/04_pandas.ipynb.
def split_by(rows: Sequence[Row], key: str) -> dict[Hashable, list[Row]]:
    """Sort rows into piles, one for each value of a key, in order of appearance.

    Args:
        rows: dictionaries that all have the key.
        key: a column with hashable values.
    """
    piles: dict[Hashable, list[Row]] = {}
    for row in rows:
        piles.setdefault(row[key], []).append(row)
    return piles


def group_by(
    rows: Sequence[Row], key: str, column: str, apply: Callable[[list[Any]], Any]
) -> dict[Hashable, Any]:
    """Split rows by a key, apply a function to a column of each pile, combine.

    Args:
        rows: dictionaries that have both columns.
        key: the column to split by.
        column: the column whose values are given to the function, as a list.
        apply: such as ``sum``, ``len`` or ``statistics.mean``.
    """
    piles = split_by(rows, key)
    return {
        value: apply([row[column] for row in pile]) for value, pile in piles.items()
    }


# From cell faaa0ff6 of foundations/04_pandas.ipynb.
def hash_join(
    left: Sequence[Row], right: Sequence[Row], on: str, how: str = "inner"
) -> list[Row]:
    """Pair the rows of two tables that agree on a key.

    Args:
        left: rows; their order is kept.
        right: rows; where one key has several, each makes a row of the result.
        on: the column both have; no other may be in both.
        how: "inner" drops rows of the left without a partner, "left" keeps them.
    """
    piles = split_by(right, on)
    nobody: list[Row] = [{}] if how == "left" else []
    return [row | other for row in left for other in piles.get(row[on], nobody)]


# From cell 7b011dd1 of foundations/04_pandas.ipynb.
BLANK, MARKUP, LINK = r"^\s*$", r"<[a-z/][^>]*>|&[a-z]+;", r"\s*https?://\S+"
MOJIBAKE = r"â€.|Ã."
"""What is left when UTF-8 is read as Windows-1252: two or three signs for one."""


def findings(suspects: Mapping[str, "pd.Series[int]"]) -> pd.DataFrame:
    """List suspicions: one row for each id and kind of flaw.

    Args:
        suspects: the ids, by kind of flaw.
    """
    tables = [pd.DataFrame({"id": ids, "flaw": flaw}) for flaw, ids in suspects.items()]
    return pd.concat(tables, ignore_index=True)


def find_text_flaws(table: pd.DataFrame) -> pd.DataFrame:
    """Find descriptions that are missing, or hold markup, links or mojibake.

    Args:
        table: with columns id and description (text or null).

    Returns:
        Columns id and flaw.
    """
    text = table["description"].fillna("")
    patterns = {
        "missing description": BLANK,
        "HTML left-over": MARKUP,
        "URL left-over": LINK,
        "mojibake": MOJIBAKE,
    }
    return findings(
        {flaw: table.loc[text.str.contains(p), "id"] for flaw, p in patterns.items()}
    )


# From cell 8f94c1be of foundations/04_pandas.ipynb.
def parse_dates(text: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Read dates written as year-month-day or as day/month/year; others become NaT."""
    iso = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    return iso.fillna(pd.to_datetime(text, format="%d/%m/%Y", errors="coerce"))


def find_date_flaws(table: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Find dates in another format than year-month-day, and dates that can't be.

    Args:
        table: with columns id and created_on (text).
        first: the earliest possible day, as year-month-day.
        last: the latest possible day.

    Returns:
        Columns id and flaw; a date that can't be read at all has both flaws.
    """
    possible = parse_dates(table["created_on"]).between(first, last)
    iso = table["created_on"].str.fullmatch(r"\d{4}-\d\d-\d\d")
    return findings(
        {
            "other date format": table.loc[~iso, "id"],
            "impossible date": table.loc[~possible, "id"],
        }
    )


# From cell 1cccd645 of foundations/04_pandas.ipynb.
def judge_tags(tags: "pd.Series[str]", taxonomy: pd.DataFrame) -> pd.DataFrame:
    """Say of each different tag what is wrong with it, and what was meant.

    Args:
        tags: one a row, nulls allowed.
        taxonomy: with columns tag and aliases (lists).

    Returns:
        Columns flaw (null if none) and right (null if unknown), indexed by tag.
    """
    aliases = taxonomy.explode("aliases").set_index("aliases")["tag"].to_dict()
    known = {tag: tag for tag in taxonomy["tag"]}

    def judge(tag: str) -> tuple[str | None, str | None]:
        if tag in known:
            return None, tag
        if tag in aliases:
            return "alias for a tag", aliases[tag]
        near = difflib.get_close_matches(tag, known, n=1, cutoff=0.85)
        return ("misspelt tag", near[0]) if near else ("tag outside the taxonomy", None)

    different = tags.dropna().unique()
    verdicts = [judge(tag) for tag in different]
    return pd.DataFrame(verdicts, index=different, columns=["flaw", "right"])


def find_tag_flaws(table: pd.DataFrame, taxonomy: pd.DataFrame) -> pd.DataFrame:
    """Find rows without tags, and tags that the taxonomy doesn't know.

    Args:
        table: with columns id and tags (lists).
        taxonomy: with columns tag and aliases (lists).

    Returns:
        Columns id and flaw.
    """
    long = table[["id", "tags"]].explode("tags", ignore_index=True)
    flaws = long["tags"].map(judge_tags(long["tags"], taxonomy)["flaw"])
    flaws = flaws.mask(long["tags"].isna(), "no tags")
    return long.assign(flaw=flaws)[["id", "flaw"]].dropna().drop_duplicates()


# From cell e5698a8f of foundations/04_pandas.ipynb.
def find_copies(table: pd.DataFrame) -> pd.DataFrame:
    """Find rows that were sent in twice, unchanged or slightly reworded.

    Args:
        table: with columns id, created_on, title, description and tags (lists).

    Returns:
        Columns id and flaw: the later id of each pair.
    """
    rows = table.sort_values("id").assign(tags=lambda rows: rows["tags"].str.join("|"))
    exact = rows.drop(columns="id").duplicated()
    blank = rows["description"].fillna("").str.strip() == ""
    same_title = rows.duplicated(["created_on", "title"])
    same_text = rows.duplicated(["created_on", "description"]) & ~blank
    near = (same_title | same_text) & ~exact
    return findings(
        {
            "exact duplicate": rows.loc[exact, "id"],
            "near duplicate": rows.loc[near, "id"],
        }
    )


# From cell 122db2e1 of foundations/04_pandas.ipynb.
def repair_text(text: "pd.Series[str]") -> "pd.Series[str]":
    """Take markup and links out of texts, undo mojibake; blanks become null.

    Args:
        text: may hold nulls.
    """

    def decoded(match: re.Match[str]) -> str:
        try:
            return match[0].encode("cp1252").decode("utf-8")
        except UnicodeError:
            return match[0]

    plain = (
        text.map(html.unescape, na_action="ignore")
        .str.replace(MARKUP, "", regex=True)
        .str.replace(LINK, "", regex=True)
        .str.replace(MOJIBAKE, decoded, regex=True)
    )
    return plain.mask(plain.fillna("").str.fullmatch(r"\s*"))


# From cell f15405ad of foundations/04_pandas.ipynb.
def repair(
    table: pd.DataFrame, taxonomy: pd.DataFrame, first: str, last: str
) -> pd.DataFrame:
    """Return a cleaned table: copies gone, texts, dates and tags mended.

    Args:
        table: columns id, created_on (text), title, description and tags (lists).
        taxonomy: with columns tag and aliases (lists).
        first: the earliest possible day; impossible dates become NaT.
        last: the latest possible day.
    """
    right = judge_tags(table["tags"].explode(), taxonomy)["right"].dropna().to_dict()

    def mended(tags: list[str]) -> list[str]:
        return [right[tag] for tag in tags if tag in right]

    return (
        table[~table["id"].isin(find_copies(table)["id"])]
        .assign(
            created_on=lambda t: parse_dates(t["created_on"]),
            description=lambda t: repair_text(t["description"]),
            tags=lambda t: t["tags"].map(mended),
        )
        .assign(
            created_on=lambda t: t["created_on"].where(
                lambda day: day.between(first, last)
            )
        )
        .sort_values(["created_on", "id"], ignore_index=True)
    )


# From cell a6557fbb of foundations/04_pandas.ipynb.
def score_findings(found: pd.DataFrame, key: pd.DataFrame) -> pd.DataFrame:
    """Compare suspicions with the key of the planted flaws.

    Args:
        found: columns id and flaw.
        key: columns id and flaw.

    Returns:
        One row a kind of flaw: planted, found, hits, precision and recall. A share of
        nothing is null: the precision of a kind that nobody reported, say.
    """
    on = ["id", "flaw"]
    pairs = (
        found[on]
        .drop_duplicates()
        .merge(key[on].drop_duplicates(), on=on, how="outer", indicator="side")
    )
    sides = pd.crosstab(pairs["flaw"], pairs["side"], dropna=False).reindex(
        columns=["left_only", "right_only", "both"], fill_value=0
    )
    hits = sides["both"]
    planted, reported = hits + sides["right_only"], hits + sides["left_only"]
    scores = pd.DataFrame({"planted": planted, "found": reported, "hits": hits})
    return scores.assign(
        precision=hits / reported.mask(reported == 0),
        recall=hits / planted.mask(planted == 0),
    ).sort_values(["recall", "precision"], ascending=False)
