"""Print what a year's records miss, batch by batch and over all.

Usage: python datasets/projects/check.py YEAR.jsonl [last]
With `last` only the last batch is printed, then the year as a whole.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from corpus import (
    Record,
    family,
    group,
    load_tags,
    load_terms,
    named,
    read,
    term_patterns,
    whole_words,
)

BATCH = 60
Test = Callable[[Record], object]

EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50]")
NUMBER_WORDS = whole_words(
    [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "hundred",
        "thousand",
        "million",
    ]
)
TRIAD = re.compile(r"\w[^,.;]*, [^,.;]+,? (?:and|or|&) \w")
FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
        "may",
        "might",
        "must",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "to",
        "into",
        "with",
        "without",
        "over",
        "under",
        "about",
        "as",
        "and",
        "or",
        "but",
        "not",
        "no",
        "nor",
        "if",
        "when",
        "while",
        "than",
        "then",
        "so",
        "i",
        "we",
        "you",
        "they",
        "he",
        "she",
        "my",
        "our",
        "your",
        "their",
        "me",
        "us",
        "them",
        "how",
        "what",
        "why",
        "which",
        "who",
        "where",
        "there",
        "here",
        "only",
        "also",
        "more",
        "most",
        "very",
        "some",
        "any",
        "all",
        "each",
        "every",
        "just",
        "using",
        "use",
        "used",
        "via",
    ]
)


def _unpunctuated(r: Record) -> bool:
    return not re.search(r"[.!?…][)\"'”’]*$", r.description.strip())


def _title_case(r: Record) -> bool:
    words = re.findall(r"[^\W\d_][\w'’-]*", r.title)
    long = [word for word in words if len(word) > 3]
    return len(r.title.split()) > 1 and bool(long) and all(w[0].isupper() for w in long)


def _opens(*words: str) -> Test:
    pattern = re.compile(rf"\W*(?:{'|'.join(words)})\b", re.IGNORECASE)
    return lambda r: pattern.match(r.description)


def _spaced(r: Record) -> bool:
    texts = (r.title, r.description)
    return any(t != t.strip() or re.search(r"\s{2}|[\n\t\xa0]", t) for t in texts)


def description_words(r: Record) -> int:
    """Count the words of a description."""
    return len(r.description.split())


# Share of the records of a batch, in per cent: test, least, most.
SURFACE: Mapping[str, tuple[Test, float, float]] = {
    "description of at most 6 words": (lambda r: description_words(r) <= 6, 5, 10),
    "description of 25 words or more": (lambda r: description_words(r) >= 25, 5, 10),
    "no final period": (_unpunctuated, 20, 30),
    "comma in the description": (lambda r: "," in r.description, 20, 32),
    "triad (x, y and z)": (lambda r: TRIAD.search(r.description), 0, 15),
    "'with' in the description": (
        lambda r: re.search(r"\bwith\b", r.description, re.IGNORECASE),
        0,
        20,
    ),
    "number word": (lambda r: NUMBER_WORDS.search(r.text), 0, 4),
    "number in digits": (
        lambda r: re.search(r"(?<![\w.-])\d(?!D\b)", r.description),
        12,
        20,
    ),
    "semicolon": (lambda r: ";" in r.text, 0, 1.7),
    "parentheses in the description": (lambda r: "(" in r.description, 6, 12),
    "opening A/An": (_opens("A", "An"), 18, 28),
    "opening This/In this": (_opens("This", "In this"), 7, 14),
    "one-word title": (lambda r: len(r.title.split()) == 1, 10, 18),
    "Title Case title": (_title_case, 45, 60),
    "colon in the title": (lambda r: ":" in r.title, 10, 18),
    "stray white space": (_spaced, 10, 18),
    "emoji": (lambda r: EMOJI.search(r.text), 0, 4),
    "URL": (lambda r: re.search(r"https?://|www\.", r.text), 0, 4),
}
QUANTILES = {5: (8, 11), 25: (12, 16), 50: (17, 21), 75: (22, 27), 95: (28, 36)}


def share(records: Sequence[Record], test: Test) -> float:
    """Return the percentage of records that pass a test."""
    return 100 * sum(bool(test(r)) for r in records) / len(records)


def surface_misses(records: Sequence[Record]) -> list[str]:
    """Return what of the surface is out of range; half a record is forgiven."""
    slack = 50 / len(records)
    found = {name: share(records, test) for name, (test, *_) in SURFACE.items()}
    misses = [
        f"{name}: {found[name]:.0f} %, should be {least}-{most} %"
        for name, (_, least, most) in SURFACE.items()
        if not least - slack <= found[name] <= most + slack
    ]
    return misses + _length_misses(records)


def _length_misses(records: Sequence[Record]) -> list[str]:
    counts = [len(r.text.split()) for r in records]
    cuts = statistics.quantiles(counts, n=20, method="inclusive")
    spread = statistics.stdev(description_words(r) for r in records)
    misses = [
        f"words of title + description, p{q}: {cuts[q // 5 - 1]:.0f}, "
        f"should be {low}-{high}"
        for q, (low, high) in QUANTILES.items()
        if not low <= cuts[q // 5 - 1] <= high
    ]
    return misses + [f"SD of description words: {spread:.1f} < 5.5"] * (spread < 5.5)


def frame(r: Record) -> str:
    """Return the first three words of a description."""
    return " ".join(re.findall(r"[\w'’-]+", r.description.lower())[:3])


def skeleton(r: Record) -> str:
    """Return a description with its content words masked."""
    pieces = re.findall(r"[\w'’-]+|[^\w\s]", r.description.lower())
    return " ".join(map(_mask, pieces))


def _mask(piece: str) -> str:
    if piece in FUNCTION_WORDS or not piece[0].isalnum():
        return piece
    return "9" if piece[0].isdigit() else "w"


def repeated(
    records: Iterable[Record], key: Callable[[Record], str]
) -> dict[str, list[Record]]:
    """Return what occurs more than once, commonest first."""
    places: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        places[key(record)].append(record)
    common = sorted(places.items(), key=lambda item: -len(item[1]))
    return {name: found for name, found in common if len(found) > 1}


def trigrams(r: Record) -> frozenset[tuple[str, ...]]:
    """Return the word 3-grams of title and description."""
    words = re.findall(r"\w+", r.text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def near_duplicates(
    records: Sequence[Record], least: float = 0.35
) -> list[tuple[float, int, int]]:
    """Return pairs of positions whose 3-grams overlap, most alike first."""
    grams = [trigrams(r) for r in records]
    where: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, own in enumerate(grams):
        for gram in own:
            where[gram].append(position)
    shared = Counter(
        pair for places in where.values() for pair in combinations(places, 2)
    )
    pairs = (
        (both / (len(grams[a]) + len(grams[b]) - both), a, b)
        for (a, b), both in shared.items()
    )
    return sorted((pair for pair in pairs if pair[0] >= least), reverse=True)


def anachronisms(records: Iterable[Record]) -> list[str]:
    """Return the technologies that a record names before they existed."""
    terms = load_terms()
    return [
        f"{r.created_on} {r.title.strip()!r}: {name} is from {terms[name]['first']}"
        for r in records
        for name, pattern in term_patterns().items()
        if r.created_on[:7] < terms[name]["first"] and pattern.search(r.text)
    ]


def about_llms(r: Record) -> bool:
    """Tell whether a record is about large language models."""
    chat = family("large-language-models")
    return bool(chat & set(r.tags)) or any(
        pattern.search(r.text)
        for name, pattern in term_patterns().items()
        if chat & set(load_terms()[name]["tags"])
    )


def tag_errors(r: Record) -> list[str]:
    """Return what the tag policy objects to in one record."""
    known = load_tags()
    unknown = [tag for tag in r.tags if tag not in known]
    errors = [f"unknown tag {tag}" for tag in unknown]
    errors += [f"tag twice: {t}" for t, n in Counter(r.tags).items() if n > 1]
    areas = [tag for tag in r.tags if tag in group("area")]
    kinds = [tag for tag in r.tags if tag in group("kind")]
    errors += [f"more than two areas: {areas}"] * (len(areas) > 2)
    errors += [f"more than one kind: {kinds}"] * (len(kinds) > 1)
    errors += [f"{len(r.tags)} tags, should be 1-7"] * (not 1 <= len(r.tags) <= 7)
    return errors if unknown else errors + closures(r)


def closures(r: Record) -> list[str]:
    """Return the parents that stand beside a child; areas may."""
    known, areas = load_tags(), set(group("area"))
    return [
        f"{parent} stands beside its child {tag}"
        for tag in r.tags
        for parent in known[tag]["parents"]
        if parent in r.tags and parent not in areas
    ]


def named_share(records: Iterable[Record]) -> float:
    """Return the share of tags that the text names by tag or alias."""
    pairs = [(set(r.tags), named(r.text)) for r in records]
    return sum(len(tags & said) for tags, said in pairs) / sum(
        len(tags) for tags, _ in pairs
    )


def content_misses(records: Sequence[Record], llm_limit: float) -> list[str]:
    """Return what of tags and subjects is out of range."""
    kinds, areas = set(group("kind")), set(group("area"))
    shares = {
        "kind tag": (share(records, lambda r: kinds & set(r.tags)), 90, 99),
        "area tag": (share(records, lambda r: areas & set(r.tags)), 88, 100),
        "tags named in the text": (100 * named_share(records), 33, 50),
        "about large language models": (share(records, about_llms), 0, llm_limit),
    }
    slack = 50 / len(records)
    misses = [
        f"{name}: {found:.0f} %, should be {least}-{most} %"
        for name, (found, least, most) in shares.items()
        if not least - slack <= found <= most + slack
    ]
    wrong = [f"{r.title.strip()!r}: {e}" for r in records for e in tag_errors(r)]
    return misses + wrong + anachronisms(records)


def repetition_misses(records: Sequence[Record]) -> list[str]:
    """Return frames and skeletons that come too often."""
    misses: list[str] = []
    for name, key, most in (("frame", frame, 0.01), ("skeleton", skeleton, 0.012)):
        limit = max(2, most * len(records))
        misses += [
            f"{name} {text!r} {len(found)} times, at most {limit:.0f}"
            for text, found in repeated(records, key).items()
            if len(found) > limit
        ]
        if len(records) >= 200:
            misses += _together(name, records, repeated(records, key))
    return misses


def _together(
    name: str, records: Sequence[Record], groups: Mapping[str, list[Record]]
) -> list[str]:
    found = 100 * sum(map(len, groups.values())) / len(records)
    low, high = (3, 25) if name == "frame" else (0, 15)
    say = f"repeated {name}s together: {found:.0f} %, should be {low}-{high} %"
    return [] if low <= found <= high else [say]


def duplicate_misses(records: Sequence[Record], others: Sequence[Record]) -> list[str]:
    """Return near-duplicates among a year's records and those of other years."""
    everyone = [*records, *others]
    return [
        f"alike ({jaccard:.2f}): {everyone[a].title.strip()!r} "
        f"and {everyone[b].title.strip()!r} ({everyone[b].created_on})"
        for jaccard, a, b in near_duplicates(everyone)
        if a < len(records)
    ] + _same_titles(records, others)


def _same_titles(records: Sequence[Record], others: Sequence[Record]) -> list[str]:
    def plain(r: Record) -> str:
        return r.title.strip().lower()

    own = {plain(r) for r in records}
    twice = repeated([*records, *others], plain)
    return [f"title twice: {title!r}" for title in twice if title in own]


def llm_limit(year: int) -> float:
    """Return the largest percentage about large language models in a year."""
    return {2019: 1, 2020: 3, 2021: 4, 2022: 8}.get(year, 30)


def neighbours(path: Path) -> list[Record]:
    """Read the other years' files and the kept records beside a file."""
    files = sorted(path.parent.glob("20??.jsonl")) + sorted(
        path.parent.glob("keep-20??.jsonl")
    )
    return [r for file in files if file != path for r in read(file)]


def report(name: str, misses: Sequence[str]) -> None:
    """Print a heading and the misses under it."""
    print(f"{name}: {'nothing to mend' if not misses else ''}".rstrip())
    for miss in misses:
        print(f"  - {miss}")


def main(path: Path, *, only_last: bool) -> int:
    """Check a file and return the number of misses."""
    records = read(path)
    limit = llm_limit(records[0].year)
    starts = list(range(0, len(records), BATCH))
    total = 0
    for start in starts[-1:] if only_last else starts:
        batch = records[start : start + BATCH]
        misses = surface_misses(batch) if len(batch) > 1 else []
        misses += content_misses(batch, limit + 8)
        report(f"records {start + 1}-{start + len(batch)}", misses)
        total += len(misses)
    misses = surface_misses(records) + content_misses(records, limit)
    misses += repetition_misses(records) + duplicate_misses(records, neighbours(path))
    report(f"all {len(records)} records", misses)
    return total + len(misses)


if __name__ == "__main__":
    if not sys.argv[1:]:
        raise SystemExit("name the file to check, e.g. check.py 2019.jsonl")
    sys.exit(bool(main(Path(sys.argv[1]), only_last="last" in sys.argv[2:])))
