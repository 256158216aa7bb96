"""Exercises of lesson 04."""

import statistics
from collections import Counter
from typing import Any

import pandas as pd

from lessons.exercises import Exercise, Mistake

LESSON = "foundations/04_pandas"


def _as_dict(answer: Any, table: pd.DataFrame, tag: str) -> object:
    result = answer(table, tag)
    if isinstance(result, pd.DataFrame):
        raise TypeError("a DataFrame came back; one column of it is a Series")
    if not isinstance(result, pd.Series):
        return result
    return {"years": result.index.tolist(), "shares": result.tolist()}


def _share(table: pd.DataFrame, tag: str) -> "pd.Series[float]":
    """Count by hand."""
    records = list(zip(table["year"].tolist(), table["tags"], strict=True))
    projects = Counter(year for year, _ in records)
    tagged = Counter(year for year, tags in records if tag in tags)
    return pd.Series({year: tagged[year] / projects[year] for year in sorted(projects)})


def _share_of_tags(table: pd.DataFrame, tag: str) -> "pd.Series[float]":
    return (
        table.explode("tags").groupby("year")["tags"].agg(lambda t: (t == tag).mean())
    )


def _share_of_all(table: pd.DataFrame, tag: str) -> "pd.Series[float]":
    has = table["tags"].map(lambda tags: tag in tags)
    return has.groupby(table["year"]).sum() / len(table)


def _years_with_the_tag(table: pd.DataFrame, tag: str) -> "pd.Series[float]":
    share = _share(table, tag)
    return share[share > 0]


_PROJECTS = pd.DataFrame(
    {
        "year": [2024, 2023, 2024, 2025, 2023, 2025, 2024],
        "tags": [
            ["agents", "tool"],
            ["keras"],
            ["keras", "tutorial", "audio"],
            ["tool"],
            ["keras", "demo"],
            ["agents", "evaluation"],
            ["tool", "audio"],
        ],
    }
)

tag_share = Exercise(
    LESSON,
    1,
    "The mean of a boolean column is a share; group-by gives it for each group.",
    [
        "What is the mean of True, False, False?",
        "Make a column of booleans first: does the list of this row hold the tag?",
        "table['tags'].map(lambda ts: …), grouped by table['year'], then the mean.",
    ],
    [
        Mistake(
            _share_of_tags,
            "that is the share among all tags: after explode, each tag is a row.",
        ),
        Mistake(
            _share_of_all,
            "divided by all projects: each year has its own number of them.",
        ),
        Mistake(
            _years_with_the_tag,
            "a year without the tag is gone: filtering first loses the zeros.",
        ),
    ],
    {
        "keras": (_PROJECTS, "keras"),
        "tool": (_PROJECTS, "tool"),
        "a tag that nobody used": (_PROJECTS, "robotics"),
    },
    lambda table, tag: {
        "years": _share(table, tag).index.tolist(),
        "shares": _share(table, tag).tolist(),
    },
    use=_as_dict,
)


def _filled(table: pd.DataFrame, column: str, group: str) -> pd.DataFrame:
    """Take the medians from the standard library."""
    pairs = list(zip(table[group], table[column], strict=True))
    overall = statistics.median(value for _, value in pairs if value == value)
    values = []
    for name, value in pairs:
        peers = [v for other, v in pairs if other == name and v == v]
        gap = statistics.median(peers) if peers else overall
        values.append(value if value == value else gap)
    return table.assign(**{column: values})


def _overall(table: pd.DataFrame, column: str, group: str) -> pd.DataFrame:
    return table.assign(**{column: table[column].fillna(table[column].median())})


def _with_means(table: pd.DataFrame, column: str, group: str) -> pd.DataFrame:
    means = table.groupby(group)[column].transform("mean")
    values = table[column].fillna(means).fillna(table[column].median())
    return table.assign(**{column: values})


def _no_fallback(table: pd.DataFrame, column: str, group: str) -> pd.DataFrame:
    medians = table.groupby(group)[column].transform("median")
    return table.assign(**{column: table[column].fillna(medians)})


def _everything(table: pd.DataFrame, column: str, group: str) -> pd.DataFrame:
    medians = table.groupby(group)[column].transform("median")
    return table.assign(**{column: medians.fillna(table[column].median())})


_NAN = float("nan")
_WORDS = pd.DataFrame(
    {
        "kind": ["tool", "talk", "tool", "tool", "talk", "tool", "talk"],
        "words": [4.0, 20.0, _NAN, 6.0, _NAN, 20.0, 31.0],
    }
)
_EMPTY_GROUP = pd.DataFrame(
    {"kind": ["demo", "course", "demo", "demo"], "words": [5.0, _NAN, 9.0, 30.0]}
)

fill_by_group = Exercise(
    LESSON,
    2,
    "If gaps depend on a column you see, this takes the bias out. Else, it hides it.",
    [
        "Which method gives every row its group's value, instead of one row a group?",
        "transform('median') has the table's own index, so fillna can take from it.",
        "Chain two fillna: with the group's medians, then with the median of all.",
    ],
    [
        Mistake(_overall, "every gap got the same value: the groups play no part."),
        Mistake(_with_means, "that is the mean; one long text pulls it, so: median."),
        Mistake(_no_fallback, "a group without a single value still has gaps."),
        Mistake(_everything, "values that were there are replaced: fill gaps only."),
    ],
    {
        "two kinds": (_WORDS, "words", "kind"),
        "a group without values": (_EMPTY_GROUP, "words", "kind"),
    },
    _filled,
)


def _latest(table: pd.DataFrame) -> list[int]:
    newest: dict[str, tuple[list[str], int]] = {}
    for number, day, title in zip(
        table["id"].tolist(), table["created_on"], table["title"], strict=True
    ):
        name = title.strip().lower()
        newest[name] = max(newest.get(name, ([], 0)), (day.split("/")[::-1], number))
    return sorted(number for _, number in newest.values())


def _last_rows(
    table: pd.DataFrame, *, dates: bool = True, fold: bool = True
) -> list[int]:
    day = table["created_on"]
    name = table["title"].str.strip().str.lower() if fold else table["title"]
    when = pd.to_datetime(day, format="%d/%m/%Y") if dates else day
    rows = table.assign(name=name, when=when).sort_values("when")
    return sorted(rows.drop_duplicates("name", keep="last")["id"].tolist())


def _first_row(table: pd.DataFrame) -> list[int]:
    name = table["title"].str.strip().str.lower()
    return sorted(table.loc[~name.duplicated(), "id"].tolist())


_VERSIONS = pd.DataFrame(
    {
        "id": [3, 5, 8, 9, 12],
        "created_on": [
            "04/03/2024",
            "28/01/2024",
            "15/02/2025",
            "02/12/2024",
            "30/11/2023",
        ],
        "title": ["Beehive listener", "Route 9", "beehive Listener ", "Route 9", "Ask"],
    }
)
_BACKWARDS = pd.DataFrame(
    {
        "id": [1, 2, 4, 7],
        "created_on": ["09/10/2025", "10/09/2025", "31/01/2025", "01/02/2025"],
        "title": ["Snake", "Snake", "Maps", "Maps"],
    }
)

latest_versions = Exercise(
    LESSON,
    3,
    "Sort, then drop duplicates: the order of rows is an argument of keep='last'.",
    [
        "When are two titles the same, and when is one date after another?",
        "Make two helper columns: a folded title, and a date with its format named.",
        "sort_values by the date, drop_duplicates on the title with keep='last'.",
    ],
    [
        Mistake(_first_row, "that is the version that comes first in the table."),
        Mistake(
            lambda table: _last_rows(table, dates=False),
            "dates were compared as text: 31/01 came after 01/02.",
        ),
        Mistake(
            lambda table: _last_rows(table, fold=False),
            "titles that differ in capitals or outer blanks count as the same.",
        ),
    ],
    {"five rows": (_VERSIONS,), "not in order": (_BACKWARDS,)},
    _latest,
)


def _shares(table: pd.DataFrame, month: str) -> tuple[Counter[str], int]:
    lists = [
        tags
        for when, tags in zip(table["month"], table["tags"], strict=True)
        if when == month
    ]
    return Counter(tag for tags in lists for tag in tags), len(lists)


def _rising(table: pd.DataFrame, before: str, after: str, k: int) -> list[str]:
    old, num_old = _shares(table, before)
    new, num_new = _shares(table, after)
    rise = {tag: new[tag] / num_new - old[tag] / num_old for tag in old | new}
    return sorted(rise, key=lambda tag: (-round(rise[tag], 9), tag))[:k]


def _counts(table: pd.DataFrame, before: str, after: str, k: int) -> list[str]:
    old, new = _shares(table, before)[0], _shares(table, after)[0]
    return sorted(old | new, key=lambda tag: (old[tag] - new[tag], tag))[:k]


def _only_known(table: pd.DataFrame, before: str, after: str, k: int) -> list[str]:
    known = _shares(table, before)[0]
    ranked = _rising(table, before, after, len(table) * 10)
    return [tag for tag in ranked if tag in known][:k]


def _most_frequent(table: pd.DataFrame, before: str, after: str, k: int) -> list[str]:
    new = _shares(table, after)[0]
    return sorted(new, key=lambda tag: (-new[tag], tag))[:k]


_MONTHS = pd.DataFrame(
    {
        "month": ["2026-09"] * 4 + ["2026-10"] * 8,
        "tags": [
            ["agents", "tool"],
            ["agents"],
            ["audio", "tool"],
            ["graphs"],
            ["agents", "tool"],
            ["agents"],
            ["agents", "evaluation"],
            ["agents", "tool", "evaluation"],
            ["audio", "evaluation"],
            ["audio", "robotics"],
            ["audio", "graphs"],
            ["audio", "graphs"],
        ],
    }
)

rising = Exercise(
    LESSON,
    4,
    "A difference of tables with unlike rows is an outer join in disguise.",
    [
        "A month with twice as many projects: does every tag in it rise?",
        "Explode, count by tag and month, divide by the projects of each month.",
        "pd.crosstab of tag and month has the zeros; sort the difference, then names.",
    ],
    [
        Mistake(_counts, "those are counts: the later month has more projects, too."),
        Mistake(_only_known, "a tag that was new in the later month was left out."),
        Mistake(
            _most_frequent, "those are the most frequent ones, not those that rose."
        ),
    ],
    {
        "three": (_MONTHS, "2026-09", "2026-10", 3),
        "one": (_MONTHS, "2026-09", "2026-10", 1),
        "backwards": (_MONTHS, "2026-10", "2026-09", 2),
    },
    _rising,
)
