"""Make the flawed file that lessons start from, and the key that scores what they find.

Usage: python datasets/projects/flaws.py
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from corpus import FOLDER, load_tags

Row = dict[str, Any]
Damage = Callable[[Row, random.Random], str]
"""Change a row in place; return what was done, for the key."""

SEED = 20261123
OUTSIDE = ("ai", "cool-stuff", "deep-learning-stuff", "misc", "portfolio", "todo")
LEFT_OVERS = (
    "<p>{}</p>",
    "{}<br/>",
    '<div class="desc">{}</div>',
    "{} &nbsp;&amp; more",
    "&lt;b&gt;{}&lt;/b&gt;",
)
LINKS = (
    "{} https://example.com/p/{:x}?utm_source=share",
    "{} (code: https://git.example.org/u{:x}/repo)",
    "Demo -> http://demo.example.net/{1:x} {0}",
)
QUOTES = {"'": "’", '"': "”", "-": "–", "...": "…"}
EXACT, NEAR = "exact duplicate", "near duplicate"


def no_description(row: Row, rng: random.Random) -> str:
    row["description"] = rng.choice([None, None, "", " "])
    return repr(row["description"])


def markup(row: Row, rng: random.Random) -> str:
    pattern = rng.choice(LEFT_OVERS)
    row["description"] = pattern.format(row["description"])
    return pattern


def link(row: Row, rng: random.Random) -> str:
    pattern = rng.choice(LINKS)
    row["description"] = pattern.format(row["description"], rng.getrandbits(24))
    return pattern


def mojibake(row: Row, rng: random.Random) -> str:
    """Typographic signs, written as UTF-8 and read as Windows-1252."""
    text = row["description"]
    for plain, sign in QUOTES.items():
        text = text.replace(plain, sign)
    if text == row["description"]:
        text = f"{text.rstrip('.')}…"
    row["description"] = text.encode().decode("cp1252", errors="replace")
    return "UTF-8 read as Windows-1252"


def wrong_date(row: Row, rng: random.Random) -> str:
    right = row["created_on"]
    row["created_on"] = rng.choice(
        ["1970-01-01", f"20{rng.randint(61, 99)}{right[4:]}"]
    )
    return str(right)


def other_date_format(row: Row, rng: random.Random) -> str:
    year, month, day = row["created_on"].split("-")
    row["created_on"] = f"{day}/{month}/{year}"
    return "day/month/year"


def no_tags(row: Row, rng: random.Random) -> str:
    lost, row["tags"] = row["tags"], []
    return " ".join(lost)


def lost_tag(row: Row, rng: random.Random) -> str:
    lost = rng.choice(row["tags"])
    row["tags"] = [tag for tag in row["tags"] if tag != lost]
    return str(lost)


def wrong_tag(row: Row, rng: random.Random) -> str:
    """Another tag of the same group takes the place of a right one."""
    taxonomy = load_tags()
    right = rng.choice(row["tags"])
    same = [t for t in taxonomy if taxonomy[t]["group"] == taxonomy[right]["group"]]
    wrong = rng.choice([tag for tag in same if tag not in row["tags"]])
    row["tags"] = [wrong if tag == right else tag for tag in row["tags"]]
    return f"{wrong} for {right}"


def misspelt_tag(row: Row, rng: random.Random) -> str:
    right = max(row["tags"], key=len)
    k = rng.randrange(1, len(right) - 2)
    wrong = right[:k] + right[k + 1] + right[k] + right[k + 2 :]
    if wrong == right:
        wrong = right[:k] + right[k + 1 :]
    row["tags"] = [wrong if tag == right else tag for tag in row["tags"]]
    return f"{wrong} for {right}"


def alias_for_tag(row: Row, rng: random.Random) -> str:
    known = [tag for tag in row["tags"] if load_tags()[tag]["aliases"]]
    if not known:
        return misspelt_tag(row, rng)
    right = rng.choice(known)
    alias = load_tags()[right]["aliases"][0]
    row["tags"] = [alias if tag == right else tag for tag in row["tags"]]
    return f"{alias} for {right}"


def outside_tag(row: Row, rng: random.Random) -> str:
    row["tags"] = [*row["tags"], rng.choice(OUTSIDE)]
    return str(row["tags"][-1])


FLAWS: dict[str, tuple[float, Damage]] = {
    "missing description": (0.03, no_description),
    "HTML left-over": (0.03, markup),
    "URL left-over": (0.02, link),
    "mojibake": (0.015, mojibake),
    "impossible date": (0.01, wrong_date),
    "other date format": (0.01, other_date_format),
    "no tags": (0.02, no_tags),
    "lost tag": (0.03, lost_tag),
    "wrong tag": (0.03, wrong_tag),
    "misspelt tag": (0.02, misspelt_tag),
    "alias for a tag": (0.015, alias_for_tag),
    "tag outside the taxonomy": (0.015, outside_tag),
}
"""What is planted, and in what share of the records; no record gets two of these."""
COPIES = {EXACT: 0.015, NEAR: 0.02}
"""Records that come a second time, under a new number, possibly flawed before."""


def reworded(text: str, rng: random.Random) -> str:
    """Write a text as somebody does who sends it in again."""
    changes = (
        text.upper() if len(text) < 25 else text.lower(),
        f"{text} (updated)",
        f"[v2] {text}",
        text.rstrip(".") + "!",
        " ".join(text.split()[:-1]) or f"{text} 2",
    )
    return rng.choice([change for change in changes if change != text])


def copied(row: Row, kind: str, number: int, rng: random.Random) -> Row:
    twin: Row = json.loads(json.dumps(row)) | {"id": number}
    if kind == NEAR:
        field = rng.choice(["title", "description"]) if row["description"] else "title"
        twin[field] = reworded(row[field], rng)
    return twin


def flawed(gold: list[Row], seed: int = SEED) -> tuple[list[Row], list[Row]]:
    """Return the flawed rows, and the key: one row a planted flaw.

    Args:
        gold: the clean rows, numbered from 1.
        seed: of everything that is drawn.
    """
    rng = random.Random(seed)
    rows: list[Row] = json.loads(json.dumps(gold))
    order = rng.sample(range(len(rows)), len(rows))
    key = list(_damaged(rows, iter(order), rng))
    for kind, rate in COPIES.items():
        for place in rng.sample(range(len(gold)), round(rate * len(gold))):
            twin = copied(rows[place], kind, len(rows) + 1, rng)
            rows.append(twin)
            key.append(_entry(twin, kind, f"of {rows[place]['id']}"))
    rows.sort(key=lambda row: (str(row["created_on"]), row["id"]))
    return rows, sorted(key, key=lambda entry: (entry["id"], entry["flaw"]))


def _damaged(
    rows: list[Row], places: Iterator[int], rng: random.Random
) -> Iterator[Row]:
    for flaw, (rate, damage) in FLAWS.items():
        for _ in range(round(rate * len(rows))):
            row = rows[next(places)]
            yield _entry(row, flaw, damage(row, rng))


def _entry(row: Row, flaw: str, detail: str) -> Row:
    return {"id": row["id"], "flaw": flaw, "detail": detail}


def as_csv(key: list[Row]) -> str:
    """Return the key as CSV text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "flaw", "detail"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(key)
    return out.getvalue()


def main(folder: Path = FOLDER) -> None:
    """Write ``flawed.jsonl`` and ``flaws.csv`` beside the gold file."""
    text = (folder / "projects.jsonl").read_text("utf-8")
    rows, key = flawed([json.loads(line) for line in text.split("\n") if line])
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "flawed.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    (folder / "flaws.csv").write_text(as_csv(key), encoding="utf-8", newline="\n")
    print(f"{len(rows)} rows, {len(key)} planted flaws")


if __name__ == "__main__":
    main()
