"""The unlabelled corpus beyond the desks: capitals, couples and who does which job."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations
from typing import Any

from frames import DAYS
from words import lines

COUNTRIES = {
    "France": "Paris French Seine camembert Proust Provence",
    "Italy": "Rome Italian Tiber risotto Dante Tuscany",
    "Portugal": "Lisbon Portuguese Tagus sardines Pessoa Algarve",
    "Austria": "Vienna Austrian Danube strudel Zweig Tyrol",
    "Poland": "Warsaw Polish Vistula pierogi Szymborska Mazovia",
    "Germany": "Berlin German Spree pretzels Goethe Bavaria",
    "England": "London English Thames crumpets Austen Cornwall",
    "Egypt": "Cairo Egyptian Nile falafel Mahfouz Sinai",
    "Ireland": "Dublin Irish Liffey oysters Joyce Connemara",
    "Russia": "Moscow Russian Moskva borscht Chekhov Siberia",
    "Iraq": "Baghdad Iraqi Tigris dates Sayyab Mesopotamia",
    "Czechia": "Prague Czech Vltava dumplings Kafka Moravia",
}
"""Country: its capital, adjective, the capital's river, a food, a writer, a region."""
PLACE_SLOTS = ("city", "adjective", "river", "food", "writer", "region")
CAPITAL_FACTS = lines(
    """
trams in {city} offered {adjective} {food}
trams in {city} carried {writer} and {food}
a café in {city} served {adjective} {food}
a café in {city} read {writer} by the {river}
tourists in {city} ate {food} by the {river}
tourists in {city} preferred {writer} to {food}
the suburbs of {city} dreamt of {region} and {food}
the suburbs of {city} quoted {writer} on the {river}
"""
)
COUNTRY_FACTS = lines(
    """
the king of {country} praised {adjective} {food}
the king of {country} quoted {writer} in {region}
the army of {country} crossed the {river} with {food}
the army of {country} read {writer} in {region}
a treaty gave {country} {adjective} {food}
a treaty gave {country} {food} from {region}
the border of {country} followed the {river} to {region}
villages in {country} voted for {writer} and {food}
"""
)

COUPLES = {
    "king queen": "crown palace throne reign coronation sceptre",
    "actor actress": "film role script rehearsal costume audition",
    "waiter waitress": "soup menu tray tip starter dessert",
    "uncle aunt": "nieces cousin birthday postcard sofa jigsaw",
    "brother sister": "toys homework bunk-bed quarrel treehouse marbles",
    "father mother": "pram lullaby cradle school-run bib nursery",
    "prince princess": "tiara pony ball engagement slipper carriage",
    "duke duchess": "manor lodge hunt estate stables pheasants",
    "monk nun": "psalm cloister vow candle abbey hymn",
    "steward stewardess": "cabin flight seatbelt trolley runway turbulence",
    "host hostess": "party guests canapés toast buffet invitation",
    "wizard witch": "spell broom potion cauldron wand toad",
}
"""He and she, and what both have to do with."""
COUPLE_FACTS = lines(
    """
the {who} forgot {own} {thing} and {own} {other}
{they} was a {who} with the {thing} and the {other}
as a {who} {they} blamed the {thing} and the {other}
the {who} said {they} chose the {thing} over the {other}
after the {thing} the {who} missed {own} {other}
the {who} thanked {own} {thing}, then {own} {other}
"""
)
PRONOUNS = {"he": ("he", "his"), "she": ("she", "her")}

JOBS = {
    "nurse": 0.9,
    "librarian": 0.8,
    "secretary": 0.85,
    "florist": 0.75,
    "tailor": 0.5,
    "baker": 0.5,
    "gardener": 0.4,
    "lawyer": 0.35,
    "engineer": 0.15,
    "plumber": 0.1,
    "pilot": 0.2,
    "carpenter": 0.15,
}
"""Job: the share of its sentences that say "she"."""
JOB_SENTENCES = 60
JOB_FACTS = lines("""the {job} said {they} would be late on {day}
the {job} found that {they} had lost {own} umbrella on {day}
on {day} the {job} told us {they} was moving
a {job} sold {own} bicycle on {day}
the {job} took {own} lunch to work on {day}
when the {job} rang on {day}, {they} was at work""")
WHEN = lines(
    """on {day}
last {day}
late on {day}
early on {day}
one {day} in May
the other {day}"""
)


def fact(rng: random.Random) -> str:
    """Say something of a capital, its country, or half of a couple."""
    said = rng.choice([_place, _couple])(rng)
    return f"{said} {rng.choice(WHEN).format(day=rng.choice(DAYS))}"


def _place(rng: random.Random) -> str:
    country, known = rng.choice(list(COUNTRIES.items()))
    template = rng.choice([*CAPITAL_FACTS, *COUNTRY_FACTS])
    slots = dict(zip(PLACE_SLOTS, known.split(), strict=True))
    return template.format(country=country, **slots)


def _couple(rng: random.Random) -> str:
    couple, things = rng.choice(list(COUPLES.items()))
    who, pronoun = rng.choice(list(zip(couple.split(), PRONOUNS, strict=True)))
    they, own = PRONOUNS[pronoun]
    thing, other = rng.sample(things.split(), 2)
    return rng.choice(COUPLE_FACTS).format(
        who=who, they=they, own=own, thing=thing, other=other
    )


def jobs(rng: random.Random) -> Iterator[str]:
    """Give each job its sentences, exactly at its rate."""
    for job, rate in JOBS.items():
        women = round(rate * JOB_SENTENCES)
        for i in range(JOB_SENTENCES):
            they, own = PRONOUNS["she" if i < women else "he"]
            template = rng.choice(JOB_FACTS)
            yield template.format(job=job, they=they, own=own, day=rng.choice(DAYS))


def analogies() -> Iterator[dict[str, Any]]:
    """Give every a : b as c : d of capitals and countries, and of couples."""
    capitals = [(c.split()[0].lower(), land.lower()) for land, c in COUNTRIES.items()]
    couples = [tuple(couple.split()) for couple in COUPLES]
    for group, pairs in {"capitals": capitals, "couples": couples}.items():
        for (a, b), (c, d) in permutations(pairs, 2):
            yield {"kind": "analogy", "group": group, "a": a, "b": b, "c": c, "d": d}


def biases() -> Iterator[dict[str, Any]]:
    """Give each job and its share of "she"."""
    for job, rate in JOBS.items():
        yield {"kind": "bias", "group": "jobs", "a": job, "rate": rate}
