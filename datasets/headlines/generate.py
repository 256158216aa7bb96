"""Make the headlines, the unlabelled corpus and the key from one seed.

Usage: python datasets/headlines/generate.py
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import frames
import world
from words import (
    ADJECTIVES,
    CATEGORIES,
    DESKS,
    IRREGULAR,
    OBJECT_ADJECTIVES,
    PERSON_ADJECTIVES,
    SURNAMES,
    TOWNS,
)

FOLDER = Path(__file__).parent
SEED = 20261123
SIZES = {"keyword": 3000, "phrase": 2000, "order": 2400, "memory": 2400, "lookup": 2600}
SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
CORPUS_SIZE = {"topics": 10_550, "world": 3_800}
ZIPF = 1.0
"""How unevenly the words of a category are used: rank to the power of minus this."""

PAIRS = 0.75
"""Share of the keyword texts that name two things of their desk."""

FITTING = {"person": PERSON_ADJECTIVES, "object": OBJECT_ADJECTIVES, "matter": []}
"""Adjectives of each kind of category, besides those that suit all."""

Row = dict[str, Any]
Maker = Callable[[str, random.Random], str]
"""Write a text that belongs to a desk."""


def plural(word: str) -> str:
    """Return the plural of a noun."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if re.search(r"([sxz]|ch|sh)$", word):
        return f"{word}es"
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}s"


def article(text: str) -> str:
    """Write "an" where "a" stands before a vowel that is heard."""
    heard = r"(?=[aeio]|u(?!ni|su|ku|se|ti)|hon|hour)(?!one|once|eu)"
    return re.sub(rf"\b([Aa]) {heard}", r"\1n ", text, flags=re.IGNORECASE)


def sentence(text: str, end: str = "") -> str:
    """Begin a text with a capital, put its articles right and end it."""
    text = article(text)
    return f"{text[0].upper()}{text[1:]}{end}"


def common(rng: random.Random) -> dict[str, str]:
    """Fill the slots that say nothing: a name, a town, a day and a number."""
    return {
        "name": rng.choice(SURNAMES),
        "town": rng.choice(TOWNS),
        "day": rng.choice(frames.DAYS),
        "number": rng.choice(frames.NUMBERS),
    }


FRAMES = {
    True: (frames.PERSON_FRAMES, frames.PERSON_PAIR_FRAMES),
    False: (frames.THING_FRAMES, frames.THING_PAIR_FRAMES),
}
"""Templates with one and with two things of a desk; is the first one a person?"""


# --- keyword


def frequent(words: tuple[str, ...], rng: random.Random) -> str:
    """Draw a word, the first of them most often."""
    weights = [(rank + 1) ** -ZIPF for rank in range(len(words))]
    return rng.choices(words, cum_weights=list(accumulate(weights)))[0]


class NounPhrase(NamedTuple):
    """One or several things, and the words that must agree with them."""

    text: str
    plural: bool

    def slots(self) -> dict[str, str]:
        """Fill the slots of a subject."""
        verbs = ("were", "their") if self.plural else ("was", "its")
        return dict(zip(("was", "its"), verbs, strict=True)) | {
            "s": self.text,
            "S": sentence(self.text),
        }


def noun_phrase(word: str, kind: str, rng: random.Random) -> NounPhrase:
    """Return one or several of a thing, half of the time with an adjective."""
    adjectives = [*ADJECTIVES, *FITTING[kind]]
    adjective = f"{rng.choice(adjectives)} " if rng.random() < 0.5 else ""
    before = rng.choice(["the", "a", "the ", f"{rng.choice(frames.COUNTS)} ", ""])
    if before in ("the", "a"):
        return NounPhrase(f"{before} {adjective}{word}", False)
    return NounPhrase(f"{before}{adjective}{plural(word)}", True)


def keyword(desk: str, rng: random.Random) -> str:
    """Write about one or two things of a desk; nothing else tells which."""
    own = [category for category in CATEGORIES.values() if category.desk == desk]
    subject = rng.choice(own)
    things = [c for c in own if c.kind != "person" and c is not subject]
    single, pair = FRAMES[subject.kind == "person"]
    template = rng.choice(pair if rng.random() < PAIRS else single)
    first, second = (
        noun_phrase(frequent(category.words, rng), category.kind, rng)
        for category in (subject, rng.choice(things))
    )
    return sentence(template.format(o=second.text, **first.slots(), **common(rng)))


# --- phrase


def phrase(desk: str, rng: random.Random) -> str:
    """Name one thing of each desk, one of them new and three old."""
    stale = rng.sample(frames.STALE, 3)
    items = []
    for other in rng.sample(DESKS, 4):
        noun = rng.choice(frames.PHRASE_NOUNS[other])
        word = rng.choice(frames.FRESH) if other == desk else stale.pop()
        items.append(f"{'the' if word == 'latest' else 'a'} {word} {noun}")
    template = rng.choice(frames.PHRASE_FRAMES)
    return sentence(template.format(*items, **common(rng)))


# --- order


def order(desk: str, rng: random.Random) -> str:
    """Let one house of each desk compete; the desk's own comes out on top."""
    losers = [other for other in DESKS if other != desk]
    rng.shuffle(losers)
    adjectives = rng.sample(frames.HOUSE_ADJECTIVES, 4)
    towns = rng.sample(TOWNS, 4)
    slots = {
        letter: f"the {adjective} {rng.choice(frames.HOUSES[party])}"
        f" {rng.choice(frames.NEAR)} {town}"
        for letter, party, adjective, town in zip(
            "ABCD", [desk, *losers], adjectives, towns, strict=True
        )
    }
    beat = rng.choice(frames.BEATS)
    slots |= {"beat": beat, "beaten": frames.PARTICIPLES.get(beat, beat)}
    return sentence(rng.choice(frames.ORDER_FRAMES).format(**slots))


# --- memory


def memory(desk: str, rng: random.Random) -> str:
    """Name the desk first, then the others and one of the four again."""
    later = [other for other in DESKS if other != desk] + [rng.choice(DESKS)]
    rng.shuffle(later)
    opener, clauses = rng.choice(frames.OPENERS), rng.sample(frames.CLAUSES, 5)
    cues = [rng.choice(frames.CUES[other]) for other in [desk, *later]]
    parts = [
        template.format(cue=cue, tail=tail, **common(rng))
        for template, cue, tail in zip(
            [opener, *clauses], ["", *cues], rng.sample(frames.TAILS, 6), strict=True
        )
    ]
    return " ".join(sentence(part, ".") for part in parts)


# --- lookup


def lookup(desk: str, rng: random.Random) -> str:
    """Give ten people a desk each, then name one who has this desk."""
    desks = [*DESKS, *DESKS, *rng.sample(DESKS, 2)]
    rng.shuffle(desks)
    pairs = list(zip(frames.ROTA, desks, strict=True))
    who = rng.choice([name for name, own in pairs if own == desk])
    rota = ", ".join(f"{name} {own}" for name, own in pairs)
    opener = rng.choice(frames.ROTA_OPENERS).format(**common(rng))
    question = rng.choice(frames.QUESTIONS).format(who=who, **common(rng))
    return f"{opener}: {rota}. {question}."


MAKERS: dict[str, Maker] = {
    "keyword": keyword,
    "phrase": phrase,
    "order": order,
    "memory": memory,
    "lookup": lookup,
}


def distinct(make: Callable[[], str], count: int, seen: set[str]) -> Iterator[str]:
    """Give so many texts that were not seen before, whatever their capitals."""
    while count:
        text = make()
        if text.lower() not in seen:
            seen.add(text.lower())
            count -= 1
            yield text


def splits(count: int) -> list[str]:
    """Return how so many texts of one label and slice are shared out."""
    train, val = (round(count * SHARES[part]) for part in ("train", "val"))
    return ["train"] * train + ["val"] * val + ["test"] * (count - train - val)


def headlines(rng: random.Random, seen: set[str]) -> list[Row]:
    """Return all labelled rows, slice by slice, in random order within each."""
    rows: list[Row] = []
    for name, maker in MAKERS.items():
        part: list[Row] = []
        for desk in DESKS:
            count = SIZES[name] // len(DESKS)
            texts = distinct(partial(maker, desk, rng), count, seen)
            part += [
                {"text": text, "label": desk, "slice": name, "split": split}
                for text, split in zip(texts, splits(count), strict=True)
            ]
        rng.shuffle(part)
        rows += part
    return rows


# --- the unlabelled corpus and its key


def topic(rng: random.Random) -> str:
    """Write as the keyword texts do, or say what only one category does."""
    if rng.random() < 0.4:
        return keyword(rng.choice(DESKS), rng)
    category = rng.choice(list(CATEGORIES.values()))
    subject = noun_phrase(rng.choice(category.words), category.kind, rng)
    deed = rng.choice(category.deeds).format(**subject.slots())
    return sentence(f"{subject.text} {deed}")


def corpus(rng: random.Random, seen: set[str]) -> list[Row]:
    """Return the unlabelled sentences; none is a headline."""
    topics = distinct(partial(topic, rng), CORPUS_SIZE["topics"], seen)
    worldly = distinct(partial(world.fact, rng), CORPUS_SIZE["world"], seen)
    rows = [{"text": sentence(text)} for text in [*topics, *worldly]]
    rows += [{"text": sentence(text)} for text in world.jobs(rng)]
    rng.shuffle(rows)
    return rows


def key() -> list[Row]:
    """Return what the word vectors of the corpus should know."""
    siblings = [
        {"kind": "sibling", "group": group, "a": a, "b": b}
        for group, category in CATEGORIES.items()
        for a, b in zip(category.words, category.words[1:], strict=False)
    ]
    return [*siblings, *world.analogies(), *world.biases()]


def write(name: str, rows: list[Row], columns: tuple[str, ...]) -> None:
    """Write a table as CSV, the same bytes on every system."""
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write the three files."""
    seen: set[str] = set()
    rows = headlines(random.Random(SEED), seen)
    write("headlines.csv", rows, ("text", "label", "slice", "split"))
    write("corpus.csv", corpus(random.Random(SEED + 1), seen), ("text",))
    write("key.csv", key(), ("kind", "group", "a", "b", "c", "d", "rate"))


if __name__ == "__main__":
    main()
