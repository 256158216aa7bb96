"""Exercises of lesson 12."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from torch.nn import functional

from lessons.exercises import Exercise, Mistake, Property
from lessons.foundations.embeddings import sigmoid

Array = NDArray[np.float64]
Sentences = list[list[str]]
_LESSON = "foundations/12_embeddings"


def _counted(length: int, window: int) -> int:
    pairs = permutations(range(length), 2)
    return sum(abs(i - j) <= window for i, j in pairs)


num_pairs = Exercise(
    _LESSON,
    1,
    "Each distance d is met by length - d pairs, both ways round.",
    [
        "How many pairs of places are exactly d apart?",
        "length - d of them, while d < length; each counts in both directions.",
        "Sum 2 * (length - d) over d = 1 … min(window, length - 1).",
    ],
    [
        Mistake(
            lambda length, window: 2 * window * length,
            "words near an end have fewer neighbours than the window has room for.",
        ),
        Mistake(
            lambda length, window: _counted(length, window) // 2,
            "each pair was counted once; either of its words is a centre in turn.",
        ),
        Mistake(
            lambda length, window: sum(2 * (length - d) for d in range(1, window + 1)),
            "the window is longer than the sentence: distances from the length on "
            "bring no pairs, and certainly no negative number of them.",
        ),
    ],
    {
        "the oboe fell silent": (4, 2),
        "a long sentence": (9, 3),
        "a wide window": (3, 5),
        "one word": (1, 2),
    },
    _counted,
)


def _by_autograd(context: Array, u: Array, w: Array) -> Array:
    rows = torch.tensor(context, requires_grad=True)
    h = rows.mean(dim=0)
    noise = functional.logsigmoid(-torch.tensor(w) @ h).sum()
    loss = -functional.logsigmoid(torch.tensor(u) @ h) - noise
    loss.backward()
    return np.asarray(rows.grad)


def _slope(context: Array, u: Array, w: Array) -> Array:
    """Slope by the mean of the context, (D,)."""
    h = context.mean(axis=0)
    return np.asarray((sigmoid(u @ h) - 1) * u + sigmoid(w @ h) @ w)


def _pulled(context: Array, u: Array, w: Array) -> Array:
    h = context.mean(axis=0)
    return np.tile((sigmoid(u @ h) - 1) * u, (len(context), 1)) / len(context)


_RNG = np.random.default_rng(12)

cbow = Exercise(
    _LESSON,
    2,
    "All words of a context get the same push, a C-th of it each, whichever of them "
    "gave the answer away: CBOW is quick, and its words need not know much alone.",
    [
        "How does J depend on one row of the context? Only through h.",
        "The slope by h is that of the centre in skip-gram; then dh/drow is 1/C.",
        "Tile ((σ(u·h) - 1) u + Σ σ(w_k·h) w_k) / C over the C rows.",
    ],
    [
        Mistake(
            lambda context, u, w: np.tile(_slope(context, u, w), (len(context), 1)),
            "the 1/C of the mean is missing; this is the slope of a sum.",
        ),
        Mistake(_pulled, "the noise is missing: nothing pushes apart."),
        Mistake(
            lambda context, u, w: -_by_autograd(context, u, w),
            "the sign is turned round: this points downhill; the gradient, uphill.",
        ),
    ],
    {
        "four words, three of noise": tuple(
            _RNG.normal(size=shape) for shape in ((4, 3), (3,), (3, 3))
        ),
        "one word": tuple(_RNG.normal(size=shape) for shape in ((1, 2), (2,), (5, 2))),
    },
    _by_autograd,
)


def _mean_of_pieces(
    marked: str, pieces: Mapping[str, Array], shortest: int, longest: int
) -> Array:
    cutter = CountVectorizer(
        analyzer="char", ngram_range=(shortest, longest), lowercase=False
    )
    cut = [piece for piece in cutter.build_analyzer()(marked) if piece in pieces]
    if not cut:
        return np.zeros_like(next(iter(pieces.values())))
    return np.asarray(np.mean([pieces[piece] for piece in cut], axis=0))


def _unseen(
    word: str, pieces: Mapping[str, Array], shortest: int, longest: int
) -> Array:
    return _mean_of_pieces(f"<{word}>", pieces, shortest, longest)


def _diluted(
    word: str, pieces: Mapping[str, Array], shortest: int, longest: int
) -> Array:
    """Divide by the number of all pieces, known or not."""
    sizes = range(shortest, longest + 1)
    marked = f"<{word}>"
    cut = [marked[i : i + n] for n in sizes for i in range(len(marked) - n + 1)]
    zero = np.zeros_like(next(iter(pieces.values())))
    total = np.sum([pieces.get(piece, zero) for piece in cut], axis=0)
    return np.asarray(total / len(cut))


def _summed(
    word: str, pieces: Mapping[str, Array], shortest: int, longest: int
) -> Array:
    """Add the pieces up, as the text says of FastText, without the mean."""
    marked = f"<{word}>"
    known = [piece for piece in pieces if shortest <= len(piece) <= longest]
    rows = [
        pieces[piece]
        for piece in known
        for i in range(len(marked))
        if marked.startswith(piece, i)
    ]
    return np.asarray(np.sum(rows or [np.zeros(2)], axis=0))


_PIECES = {
    piece: np.array(vector, dtype=float)
    for piece, vector in {
        "<ob": [1, 0],
        "obo": [0, 2],
        "boe": [4, 4],
        "oe>": [-3, 5],
        "oboe": [8, 1],
        "ana": [2, 7],
        "na>": [1, 1],
    }.items()
}

unseen = Exercise(
    _LESSON,
    3,
    "The marks tell -oe at the end of a word from -oe- in its middle.",
    [
        "Which pieces of three letters has <oboe>?",
        "For each length n, one piece begins at each of len(marked) - n + 1 places.",
        "Collect pieces[p] for those p that are in pieces, then np.mean(…, axis=0).",
    ],
    [
        Mistake(
            _mean_of_pieces,
            "the marks < and > are missing, and with them the pieces at both ends.",
        ),
        Mistake(
            lambda word, pieces, shortest, longest: _unseen(
                word, pieces, shortest, longest - 1
            ),
            "pieces of the greatest length are missing: a range ends before its end.",
        ),
        Mistake(
            _diluted,
            "unknown pieces were counted in the mean; divide by the known ones.",
        ),
        Mistake(
            _summed,
            "the pieces were added up; divide by their number, so that long words "
            "do not get long vectors.",
        ),
        Mistake(
            lambda word, pieces, shortest, longest: np.mean(
                [pieces[piece] for piece in pieces if piece in f"<{word}>"]
                or [np.zeros(2)],
                axis=0,
            ),
            "a piece that occurs twice counts twice; a set forgets that.",
        ),
    ],
    {
        "oboes": ("oboes", _PIECES, 3, 4),
        "oboe": ("oboe", _PIECES, 3, 4),
        "banana": ("banana", _PIECES, 3, 3),
        "no piece is known": ("tuba", _PIECES, 3, 4),
    },
    _unseen,
)


def _without_span(vectors: Array, directions: Array) -> Array:
    fit, *_ = np.linalg.lstsq(directions.T, vectors.T)  # (K, N)
    return np.asarray(vectors - fit.T @ directions)


def _one_by_one(vectors: Array, directions: Array) -> Array:
    for direction in directions:
        axis = direction / np.linalg.norm(direction)
        vectors = vectors - np.outer(vectors @ axis, axis)
    return np.asarray(vectors)


def _mean_only(vectors: Array, directions: Array) -> Array:
    return _one_by_one(vectors, directions.mean(axis=0, keepdims=True))


def _all_at_once(vectors: Array, directions: Array) -> Array:
    axes = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(vectors - vectors @ axes.T @ axes)


_VECTORS = _RNG.normal(size=(4, 5))
_OBLIQUE = np.array([[1.0, 0, 0, 0, 0], [2, 2, 0, 0, 0]])

project_all = Exercise(
    _LESSON,
    4,
    "What is left is the residual of a least-squares fit by the directions.",
    [
        "After the second direction is out, is the first still out?",
        "Only if they are at right angles. Find such axes for what the rows span.",
        "np.linalg.pinv(directions) @ directions projects onto the span of the rows.",
    ],
    [
        Mistake(
            _one_by_one,
            "one after the other: taking the second out puts some of the first back.",
        ),
        Mistake(
            _all_at_once,
            "what oblique directions have in common was taken out twice.",
        ),
        Mistake(
            _mean_only,
            "only the mean of the directions was taken out.",
        ),
    ],
    {
        "oblique": (_VECTORS, _OBLIQUE),
        "at right angles": (_VECTORS, np.diag([3.0, 2, 0, 0, 0])[:2]),
        "one of them twice": (_VECTORS, _OBLIQUE[[0, 1, 0]]),
    },
    _without_span,
)


_SWAPS = {"he": "she", "his": "her"}
_TEXTS = [
    text.split()
    for text in (
        "the nurse said she lost her umbrella",
        "the pilot said he was late",
        "the pilot took his lunch and she took her own",
        "the oboe fell silent",
    )
]


def _kept(result: Sentences, sentences: Sentences, swaps: dict[str, str]) -> bool:
    had, has = (Counter(map(tuple, texts)) for texts in (sentences, result))
    return had <= has


def _of_words(result: Sentences, sentences: Sentences, swaps: dict[str, str]) -> bool:
    return not any(isinstance(text, str) for text in result)


def _company(texts: Sequence[Sequence[str]], word: str) -> Counter[str]:
    """Count the texts in which each other word stands with this one."""
    return Counter(other for text in texts if word in text for other in set(text))


def _even(result: Sentences, sentences: Sentences, swaps: dict[str, str]) -> bool:
    pairs = set(swaps) | set(swaps.values())
    for one, other in swaps.items():
        first, second = _company(result, one), _company(result, other)
        for word in (first | second).keys() - pairs:
            if first[word] != second[word]:
                return False
    return True


def _no_new_words(
    result: Sentences, sentences: Sentences, swaps: dict[str, str]
) -> bool:
    both = swaps | {other: one for one, other in swaps.items()}
    plain = {tuple(sorted(_masked(text, both))) for text in sentences}
    return all(tuple(sorted(_masked(text, both))) in plain for text in result)


def _masked(text: Sequence[str], both: Mapping[str, str]) -> list[str]:
    return [word for word in text if word not in both]


def _one_way(sentences: Sentences, swaps: dict[str, str]) -> Sentences:
    return sentences + [[swaps.get(word, word) for word in s] for s in sentences]


def _swapped_only(sentences: Sentences, swaps: dict[str, str]) -> Sentences:
    both = swaps | {other: one for one, other in swaps.items()}
    return [[both.get(word, word) for word in s] for s in sentences]


def _joined(sentences: Sentences, swaps: dict[str, str]) -> list[str]:
    both = swaps | {other: one for one, other in swaps.items()}
    mirrored = [[both.get(word, word) for word in s] for s in sentences]
    return [" ".join(s) for s in sentences + mirrored]


def _erased(sentences: Sentences, swaps: dict[str, str]) -> Sentences:
    both = {*swaps, *swaps.values()}
    rows = [[word for word in s if word not in both] for s in sentences]
    return sentences + [[*row, "they", word] for row in rows for word in sorted(both)]


_STRINGS = "a sentence came back as one string; return a list of words for each."
_LOST = "a given sentence is gone; add its mirror image instead of replacing it."
_UNEVEN = (
    "some word still stands with one of a pair more often than with the other: each "
    "sentence needs its mirror image, and a mirror works in both directions."
)
_NEW = "a sentence has other words than any given one; swap the pairs, nothing else."

balanced = Exercise(
    _LESSON,
    5,
    "Every job is now as often he as she. So is the nun, which is wrong: a swap list "
    "needs somebody who decides where the difference is a fact.",
    [
        "Which second sentence would cancel what a sentence says about he and she?",
        "The same one, with he and she exchanged. Mind: exchanged, both ways at once.",
        "both = swaps plus its inverse; return sentences + the mirrored sentences.",
    ],
    [
        Mistake(_joined, _STRINGS),
        Mistake(_swapped_only, _LOST),
        Mistake(_one_way, _UNEVEN),
        Mistake(_erased, _NEW),
    ],
    {
        "four sentences": (_TEXTS, _SWAPS),
        "he only": ([["he", "swam"], ["he", "sank"], ["he", "swam"]], {"he": "she"}),
    },
    properties=[
        Property(_of_words, _STRINGS),
        Property(_kept, _LOST),
        Property(_no_new_words, _NEW),
        Property(_even, _UNEVEN),
    ],
)
