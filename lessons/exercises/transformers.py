"""Exercises of lesson 14."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from lessons import TODO
from lessons.exercises import Exercise, Mistake, Property

LESSON: Final = "foundations/14_transformers"


def _band(before: int, after: int, num_positions: int) -> Tensor:
    """True from so many places before a query to so many after it."""
    square = torch.ones(num_positions, num_positions, dtype=torch.bool)
    return square.triu(-before).tril(after)


window = Exercise(
    LESSON,
    1,
    "With a window, the work grows with the length instead of its square; stacked "
    "blocks still carry a word's news far, a window at a time.",
    [
        "Number queries down and keys across. In which cells is the key too old?",
        "A key may be looked at if 0 <= query - key < width.",
        "Subtract torch.arange(T) from itself stood upright, and join two comparisons "
        "with &.",
    ],
    [
        Mistake(
            lambda T, width: _band(width - 1, width - 1, T),
            "the window is open to the right: a word sees words that come after it.",
        ),
        Mistake(
            lambda T, width: _band(width, 0, T),
            "one key too many: a width of 2 is the word itself and one before it.",
        ),
        Mistake(
            lambda T, width: _band(0, width - 1, T),
            "rows and columns are swapped: each row is a query, and looks back.",
        ),
        Mistake(
            lambda T, width: ~_band(width - 1, 0, T),
            "inside out: true is where a query may look.",
        ),
    ],
    {
        "T = 5, width = 2": (5, 2),
        "T = 6, width = 4": (6, 4),
        "T = 3, width = 9": (3, 9),
    },
    lambda T, width: _band(width - 1, 0, T),
)


Pieces = frozenset[str]
_PIECES: Final[Pieces] = frozenset(
    {"go", "goal", "gold", "keep", "er", "##al", "##kee", "##keep", "##per", "##er"}
)


def _splitter(order: Callable[[str], int]) -> Callable[..., Any]:
    """Cut off the piece that comes first in an order, until nothing is left."""

    def answer(word: str, pieces: Pieces) -> list[str]:
        parts: list[str] = []
        while word:
            fits = [
                piece
                for piece in pieces
                if piece.startswith("##" if parts else "")
                and ("##" in piece) == bool(parts)
                and word.startswith(piece.removeprefix("##"))
            ]
            if not fits:
                return ["<unk>"]
            parts.append(min(fits, key=order))
            word = word.removeprefix(parts[-1].removeprefix("##"))
        return parts

    return answer


def _by_pattern(word: str, pieces: Pieces) -> list[str]:
    """Let the regular expression engine take the longest of two lists of pieces."""
    longest = sorted(pieces, key=len, reverse=True)
    first = "|".join(re.escape(p) for p in longest if not p.startswith("##"))
    later = "|".join(re.escape(p[2:]) for p in longest if p.startswith("##"))
    if not re.fullmatch(f"(?>{first})(?>{later})*+", word):
        return ["<unk>"]
    head = re.match(first, word)
    assert head
    return [head[0], *(f"##{tail}" for tail in re.findall(later, word[head.end() :]))]


def _kept_prefix(word: str, pieces: Pieces) -> list[str]:
    """Give what could be cut off before the word got stuck."""
    for end in range(len(word), 0, -1):
        parts = _by_pattern(word[:end], pieces)
        if parts != ["<unk>"]:
            return parts if end == len(word) else [*parts, "<unk>"]
    return ["<unk>"]


wordpiece = Exercise(
    LESSON,
    2,
    "BERT and DistilBERT split like this. It needs the list of pieces but no order of "
    "merges, and one letter that is not in the list costs the whole word.",
    [
        "At the start of the word several pieces fit. Which of them would you take?",
        "Take the longest that fits, drop it from the word, and look for the next one "
        "among the pieces with ##.",
        "for end in range(len(word), 0, -1) finds the longest first; if no end fits, "
        "the whole answer is ['<unk>'].",
    ],
    [
        Mistake(
            _splitter(len),
            "the shortest piece was taken; take the longest that fits.",
        ),
        Mistake(
            _kept_prefix,
            "stuck in the middle: then the whole word is one <unk>, not a part of it.",
        ),
        Mistake(
            lambda word, pieces: [
                piece.removeprefix("##") for piece in _by_pattern(word, pieces)
            ],
            "the marks are gone: a piece inside a word keeps its ##.",
        ),
    ],
    {
        "a word of two pieces": ("goalkeeper", _PIECES),
        "another": ("goldkeeper", _PIECES),
        "a letter that no piece has": ("goalx", _PIECES),
    },
    _by_pattern,
)


def _top(logits: Tensor, k: int) -> Tensor:
    """Strike out all but the k largest."""
    values, indices = logits.topk(k)
    return torch.full_like(logits, -math.inf).scatter(-1, indices, values)


_LOGITS: Final = torch.tensor([2.0, -1.0, 0.5, 3.0, 1.0, -2.0], dtype=torch.float64)

top_k = Exercise(
    LESSON,
    3,
    "A low temperature makes a writer repeat itself, a high one makes it stumble; "
    "cutting the tail takes away the worst stumbles only.",
    [
        "Which words may still be drawn, and what must their probabilities add up to?",
        "Strike out the rest before the softmax, as a mask does; divide by the "
        "temperature before it, too.",
        "logits.topk(k) gives the k largest and where they stand; softmax those alone "
        "and put them back among zeros.",
    ],
    [
        Mistake(
            lambda logits, temperature, k: _top(logits * temperature, k).softmax(-1),
            "multiplied by the temperature: a high one should flatten, not sharpen.",
        ),
        Mistake(
            lambda logits, temperature, k: (
                (logits / temperature).softmax(-1) * (_top(logits, k) > -math.inf)
            ),
            "they no longer add up to 1: cut the tail first, then take the softmax.",
        ),
        Mistake(
            lambda logits, temperature, k: (
                functional.softmax(_top(logits, k), -1) ** (1 / temperature)
            ),
            "the temperature belongs inside the softmax, under the logits.",
        ),
        Mistake(
            lambda logits, temperature, k: (
                (-_top(-logits / temperature, k))
                .nan_to_num(posinf=-math.inf)
                .softmax(-1)
            ),
            "the k smallest were kept.",
        ),
        Mistake(
            lambda logits, temperature, k: (
                logits.topk(k).values / temperature
            ).softmax(-1),
            "these belong to the k words alone: each word keeps its place, with 0 for "
            "those cut off.",
        ),
    ],
    {
        "temperature 2, k = 3": (_LOGITS, 2.0, 3),
        "temperature 0.5, k = 4": (_LOGITS, 0.5, 4),
        "temperature 1, k = 1": (_LOGITS, 1.0, 1),
    },
    lambda logits, temperature, k: (
        torch.distributions.Categorical(logits=_top(logits, k) / temperature).probs
    ),
)


def _written(answer: Any, Q: Tensor, K: Tensor, V: Tensor) -> object:
    """Feed the words one by one; stack what comes back for each."""
    cache = (K[:0], V[:0])
    contexts = []
    for t in range(len(Q)):
        result = answer(Q[t], K[t], V[t], cache)
        if not isinstance(result, tuple | list) or len(result) != 2:
            return result
        context, cache = result
        contexts.append(torch.as_tensor(context))
    return torch.stack(contexts), *cache


def _whole(Q: Tensor, K: Tensor, V: Tensor) -> object:
    """All words at once, by PyTorch, with a causal mask."""
    context = functional.scaled_dot_product_attention(
        Q[None], K[None], V[None], is_causal=True
    )
    return context[0], K, V


def _step(q: Tensor, keys: Tensor, values: Tensor, scale: bool = True) -> Tensor:
    scores = keys @ q / (math.sqrt(len(q)) if scale else 1.0)
    return scores.softmax(dim=0) @ values


def _grown(q: Tensor, k: Tensor, v: Tensor, cache: Any, kind: str) -> object:
    """One step with a typical fault."""
    K, V = torch.cat([cache[0], k[None]]), torch.cat([cache[1], v[None]])
    if kind == "unsaved":
        return _step(q, K, V), cache
    if kind == "unscaled":
        return _step(q, K, V, scale=False), (K, V)
    if kind == "forgetful":
        return _step(q, k[None], v[None]), (K, V)
    if kind == "keys averaged":
        return _step(q, K, K), (K, V)
    return (_step(q, *cache) if len(cache[0]) else v), (K, V)


def _fault(kind: str) -> Callable[..., object]:
    return lambda q, k, v, cache: _grown(q, k, v, cache, kind)


_rng = torch.Generator().manual_seed(0)
_QKV: Final = tuple(torch.randn(3, 6, 4, generator=_rng, dtype=torch.float64) * 2)

cached = Exercise(
    LESSON,
    4,
    "No causal mask is needed: the cache holds no future. Chat services spend much of "
    "their memory on this cache.",
    [
        "When the fifth word arrives, which keys and values are already known?",
        "Append the new key and value first, since a word may look at itself; then one "
        "query meets all keys.",
        "torch.cat([K, k[None]]) grows the keys; the weights are a softmax over "
        "K @ q, divided by the root of len(q).",
    ],
    [
        Mistake(
            _fault("unscaled"),
            "the scores were not divided by the root of their length.",
        ),
        Mistake(
            _fault("forgetful"),
            "each word saw itself alone: the query has to meet the cached keys, too.",
        ),
        Mistake(
            _fault("keys averaged"),
            "that is an average of keys; the weights are for the values.",
        ),
        Mistake(
            _fault("late"),
            "a word did not see itself: append its key and value before it looks.",
        ),
        Mistake(
            _fault("unsaved"),
            "the cache came back without this word: the next one will miss it.",
        ),
    ],
    {"six words, one by one": _QKV},
    _whole,
    use=_written,
)


def places(num_positions: int, dim: int) -> Tensor:
    """The lesson's sines and cosines, computed with complex numbers."""
    rate = 10_000.0 ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    t = torch.arange(num_positions, dtype=torch.float64)
    turned = torch.polar(torch.ones(1, dtype=torch.float64), torch.outer(t, rate))
    return torch.view_as_real(turned).flip(-1).flatten(1)


def _looked(answer: Any, num_positions: int, dim: int) -> object:
    """The attention weights that an answer's two matrices give, (T, T)."""
    result = answer(dim)
    if result is TODO or not isinstance(result, tuple | list) or len(result) != 2:
        return result
    W_Q, W_K = (torch.as_tensor(W, dtype=torch.float64) for W in result)
    if W_Q.shape != (dim, dim) or W_K.shape != (dim, dim):
        raise ValueError(f"both matrices have to be ({dim}, {dim})")
    P = places(num_positions, dim)
    scores = (P @ W_Q) @ (P @ W_K).T / math.sqrt(dim)
    return scores.softmax(dim=-1)


def _turned(steps: int, sharpness: float) -> Callable[[int], tuple[Tensor, Tensor]]:
    """Turn each clock by its rate times `steps`, solved for by least squares."""

    def answer(dim: int) -> tuple[Tensor, Tensor]:
        P = places(64, dim)
        shifted = P.roll(-steps, 0)
        rows = slice(abs(steps), 64 - abs(steps))
        R = torch.linalg.lstsq(P[rows], shifted[rows], driver="gelsd").solution
        return sharpness * R, torch.eye(dim, dtype=torch.float64)

    return answer


def _is_weights(weights: Tensor, *_: object) -> bool:
    """Whether it is a square of numbers that add up to 1 in each row."""
    return bool(torch.allclose(weights.sum(dim=1), torch.ones(()).double()))


def _peak(weights: Tensor, shift: int) -> bool:
    """Whether nearly each word looks most at the one `shift` away."""
    queries = torch.arange(2, len(weights) - 2)
    hits = weights.argmax(dim=1)[queries] == queries + shift
    return bool(hits.double().mean() > 0.9)


_NAN = "the weights are not numbers that add up to 1."
_SELF = "each word looks at itself: turn the query's clocks back by one place."
_NEXT = "each word looks at the one to its right: turn the clocks the other way."
_LEFT = "a word looks mostly at some word other than its left neighbour."
_SOFT = (
    "the right direction, but too soft: at least .9 of the weight should go to the "
    "left neighbour. What makes a softmax sharper?"
)

previous = Exercise(
    LESSON,
    5,
    "Heads that look one to the left turn up in trained language models, too; with "
    "them, a later block can find what followed a word the last time.",
    [
        "Entries 2i and 2i + 1 are the hand of a clock: sine and cosine of an angle. "
        "What turns a hand back by a fixed angle?",
        "cos(a - w) and sin(a - w) follow from cos(a) and sin(a) by a 2 × 2 rotation; "
        "put one for each clock on the diagonal of W_Q, and let W_K be the identity.",
        "For the i-th clock w = 10000 ** (-2i / dim); then multiply W_Q by a large "
        "number.",
    ],
    [
        Mistake(_turned(0, 60.0), _SELF),
        Mistake(_turned(1, 60.0), _NEXT),
        Mistake(_turned(-1, 1.0), _SOFT),
        Mistake(_turned(-3, 60.0), _LEFT),
    ],
    {"T = 24, D = 32": (24, 32), "T = 40, D = 16": (40, 16)},
    properties=[
        Property(_is_weights, _NAN),
        Property(lambda weights, *_: not _peak(weights, 0), _SELF),
        Property(lambda weights, *_: not _peak(weights, 1), _NEXT),
        Property(lambda weights, *_: _peak(weights, -1), _LEFT),
        Property(lambda weights, *_: bool((weights.diagonal(-1) > 0.9).all()), _SOFT),
    ],
    use=_looked,
)
