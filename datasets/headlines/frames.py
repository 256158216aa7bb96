"""The sentences of the headlines: templates whose {slots} the generator fills."""

from __future__ import annotations

from words import lines, listed

# keyword ----------------------------------------------------------------------

PERSON_FRAMES = lines("""
{S} lost the keys to the town hall of {town}
{S} asked {town} for a quieter street
{S} missed the last bus to {town}
{S} moved to {town} for the weather
{S} painted a fence in {town} by mistake
{S} won a cake on {day}
{S} {was} late for breakfast in {town}
{S} wrote to {name} about the noise
{S} met {name} on a train to {town}
{S} refused to leave {town} before {day}
{S} came home to {town} after {number} years
{S} thanked {name} for the umbrella
{S} spent {day} in a lift
{S} shared a taxi with {name}
{S} waited for {name} until {day}
{S} told {name} the truth at last
{S} promised {town} a better year
{S} blamed {name} for the mix-up
{S} slept through the news on {day}
{S} found a purse near {town} and kept quiet
{S} turned {number} on {day}
{S} said no to {name} for the second time
{S} apologised to the people of {town}
{name} took {s} for somebody else
{name} wrote a letter to {s} in {town}
{town} welcomed {s} on {day}
{town} had seldom seen {s} so early
Police in {town} looked for {s} on {day}
Nobody in {town} believed {s}
What {s} told {name} on {day}
How {s} came to live in {town}
Why {s} left {town} in a hurry
Neighbours in {town} complained about {s}
Mayor {name} had lunch with {s}
""")
PERSON_PAIR_FRAMES = lines("""
{S} talked about {o} on the night bus
{S} swapped {o} for a bicycle in {town}
{S} dreamt of {o} in {town}
{S} gave {name} {o} on {day}
{S} took {o} home to {town}
{S} kept {o} from {name}
{S} talked to {name} about {o}
{S} would not part with {o}
{S} explained {o} to a class in {town}
{S} waited {number} days for {o}
{S} wrote to {town} about {o}
{name} saw {s} with {o} on {day}
{town} remembered {s} because of {o}
In {town}, {s} could not sleep because of {o}
All {s} wanted was {o}
""")
THING_FRAMES = lines("""
{S} turned up in {town} on {day}
{S} came back to {town} after {number} years
{S} kept {town} awake on {day}
{S} split the council of {town}
{S} caused a queue in {town}
{S} surprised {name} on {day}
{S} {was} all that {town} talked about
{S} {was} not what {name} expected
{S} made {name} late on {day}
{S} drew a crowd in {town}
{S} cost {town} more than planned
{S} {was} named after {name}
{S} changed the life of {name}
{name} found {s} near {town}
{name} gave up on {s} after {number} years
{name} asked {town} for {s}
{name} could not stop talking about {s}
{name} lost {s} on the way to {town}
{name} of {town} remembered {s} well
{town} argued about {s} until {day}
{town} got {s} at last
{town} had waited {number} years for {s}
Nobody in {town} could find {s}
Letters: in praise of {s}
What {name} thought of {s}
How {s} came to {town}
Why {town} needed {s}
Mayor {name} showed visitors {s}
Rain in {town} put off {s} until {day}
""")
THING_PAIR_FRAMES = lines("""
{S} stood next to {o} in {town}
{S} mattered more to {name} than {o}
{S} and {o} shared a page on {day}
{name} compared {s} with {o}
{name} forgot {s} and {o} in {town}
{town} chose {s} over {o}
After {s}, {town} asked for {o}
First {s}, then {o}: a long {day} in {town}
{name} preferred {s} to {o}
In {town}, {s} led to {o}
""")

DAYS = listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
NUMBERS = listed(
    """twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
    thirty
    forty fifty sixty seventy"""
)
COUNTS = listed("two three four five six seven eight nine ten")

# phrase -----------------------------------------------------------------------

FRESH = listed("new fresh brand-new latest unheard-of up-to-date")
STALE = listed("old stale familiar worn-out well-known half-forgotten")
PHRASE_NOUNS = {
    "business": listed("budget merger tariff loan market dividend tax contract"),
    "culture": listed("opera novel ballet gallery symphony portrait poem musical"),
    "science": listed("comet vaccine planet fossil telescope theory virus genome"),
    "sport": listed("final marathon derby race regatta penalty transfer record"),
}
PHRASE_FRAMES = lines("""
{name} put {0}, {1}, {2} and {3} on one page
On {day} {town} talked about {0}, {1}, {2} and {3}
{name} wrote about {0} and {1}, and also about {2} and {3}
Inside: {0}, {1}, {2} and {3}
From {town}: {0} and {1}, then {2}, then {3}
{town} had {0}, {1}, {2} and {3} to think about
{name} of {town} brought {0}, {1}, {2} and {3}
First {0}, then {1}, {2} and at last {3}
{0}, {1}, {2} and {3}: {day} in {town}
Between {0} and {1} {name} had room for {2} and {3}
The {day} paper offers {0} beside {1} and {2} above {3}
{town} would swap {0} and {1} for {2} and {3}
""")

# order ------------------------------------------------------------------------

HOUSES = {
    "business": listed("bank brewery insurer airline shipyard refinery bakery sawmill"),
    "culture": listed("theatre orchestra choir museum gallery ballet circus cinema"),
    "science": listed(
        """laboratory observatory planetarium herbarium university institute aquarium
    arboretum"""
    ),
    "sport": listed("club team squad league eleven velodrome stadium crew"),
}
HOUSE_ADJECTIVES = listed(
    """old young tiny proud quiet famous modest stubborn cheerful generous clumsy local
    lucky patient noisy polite restless shy brave grand"""
)
NEAR = listed("of near in outside above behind")
BEATS = listed(
    """outbid outwitted outsmarted outvoted outlasted upstaged outplayed outnumbered
    defeated overtook"""
)
PARTICIPLES = {"overtook": "overtaken"}
ORDER_FRAMES = lines("""
{A} {beat} {B}, {C} and {D}
{B}, {C} and {D} were all {beaten} by {A}
""")

# memory -----------------------------------------------------------------------

CUES = {
    "business": listed("business money"),
    "culture": listed("culture arts"),
    "science": listed("science nature"),
    "sport": listed("sport games"),
}
OPENERS = lines(
    """
Filed by {name} from {town} {tail}
Sent in by {name} of {town} {tail}
{name} phoned from {town} {tail}
A note from {name} reached us {tail}
Word came from {town} {tail}
"""
)
CLAUSES = lines(
    """
the {cue} desk read it {tail}
the {cue} desk smiled {tail}
the {cue} desk passed it round {tail}
the {cue} desk made a copy {tail}
the {cue} desk thought about it {tail}
the {cue} desk took a photograph {tail}
the {cue} desk rang {name} {tail}
the {cue} desk shrugged {tail}
the {cue} desk nodded {tail}
the {cue} desk wrote to {name} {tail}
"""
)
TAILS = lines(
    """
over soup
in silence
by lamplight
at speed
with gusto
without delay
in full
by bicycle
over coffee
in passing
with care
at length
in pencil
by phone
after lunch
before supper
with regret
in good spirits
on the stairs
near the window
"""
)

# lookup -----------------------------------------------------------------------

ROTA = listed("Abbott Brown Clark Davies Evans Foster Grant Hughes Irwin Jones")
ROTA_OPENERS = lines("""
Rota for {day}
Desks on {day}
On duty {day}
""")
QUESTIONS = lines("""
In {town} the story belongs to {who}
From {town} a story came for {who}
The {town} story was filed by {who}
News of {town} was left with {who}
""")
