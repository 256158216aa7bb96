"""Exercises of lesson 13."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence

from lessons.exercises import TODO, Exercise, Mistake, Property
from lessons.foundations.recurrent_networks import LAYERS, rnn_cell, unroll

_LESSON = "foundations/13_recurrent_networks"
_GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def _counted(cell: str, D: int, H: int, bidirectional: bool) -> int:
    layer = LAYERS[cell](D, H, bidirectional=bidirectional)
    return sum(parameter.numel() for parameter in layer.parameters())


num_parameters = Exercise(
    _LESSON,
    1,
    "The length of the text is not in the formula: one set of weights reads any text. "
    "A GRU costs three quarters of an LSTM of the same H.",
    [
        "How many matrices does one gate have, and of which shapes?",
        "A gate has H columns; each meets D inputs, H states and two biases.",
        "Gates (1, 3 or 4) times H times (D + H + 2), and that for each direction.",
    ],
    [
        Mistake(
            lambda cell, D, H, bidirectional: (
                (1 + bidirectional) * _GATES[cell] * H * (D + H + 1)
            ),
            "one bias too few: PyTorch adds one beside x and one beside h.",
        ),
        Mistake(
            lambda cell, D, H, bidirectional: (
                (1 + bidirectional) * _GATES[cell] * H * (D + H)
            ),
            "the biases are missing: PyTorch has two for each gate and unit.",
        ),
        Mistake(
            lambda cell, D, H, bidirectional: (1 + bidirectional) * H * (D + H + 2),
            "one gate was counted; a GRU has three blocks of weights, an LSTM four.",
        ),
        Mistake(
            lambda cell, D, H, bidirectional: _counted(cell, D, H, False),
            "the second direction has weights of its own.",
        ),
    ],
    {
        "plain": ("rnn", 3, 5, False),
        "LSTM": ("lstm", 16, 24, False),
        "GRU, both ways": ("gru", 16, 24, True),
    },
    _counted,
)


def _reversed(tokens: Tensor, lengths: Tensor) -> Tensor:
    rows = [row[:n].flip(0) for row, n in zip(tokens, lengths.tolist(), strict=True)]
    padded = pad_sequence(rows, batch_first=True)
    return functional.pad(padded, (0, tokens.shape[1] - padded.shape[1]))


def _by_index(shift: int) -> Callable[[Tensor, Tensor], Tensor]:
    """Reverse by arithmetic on positions that is off by ``shift``."""

    def answer(tokens: Tensor, lengths: Tensor) -> Tensor:
        T = tokens.shape[1]
        place = lengths[:, None] - 1 + shift - torch.arange(T)
        taken = tokens.gather(1, place.clamp(0, T - 1))
        return taken * (torch.arange(T) < lengths[:, None])

    return answer


_TOKENS = torch.tensor([[5, 7, 2, 9], [4, 0, 0, 0], [8, 3, 0, 0]])

reverse = Exercise(
    _LESSON,
    2,
    "This, and a second layer, is all that bidirectional means.",
    [
        "Which word of a text of length n belongs at position t?",
        "The one at n - 1 - t, as long as t < n; from there on, leave the padding.",
        "Build the positions (B, T) with torch.arange, then gather or torch.where.",
    ],
    [
        Mistake(
            lambda tokens, lengths: tokens.flip(1),
            "the padding was turned round, too: short texts now begin with it, and the "
            "backward reader meets their first real word late.",
        ),
        Mistake(
            _by_index(1),
            "off by one: the last word of a text of length n stands at n - 1.",
        ),
        Mistake(
            lambda tokens, lengths: _reversed(tokens, lengths)[:, : lengths.min()],
            "the batch was cut to its shortest text; keep all T columns.",
        ),
    ],
    {
        "lengths 4, 1, 2": (_TOKENS, torch.tensor([4, 1, 2])),
        "a column that is all padding": (
            torch.tensor([[6, 2, 0], [3, 0, 0]]),
            torch.tensor([2, 1]),
        ),
    },
    _reversed,
)


def _clipped(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    """PyTorch's, which changes the gradients of parameters in place."""
    holders = [nn.Parameter(torch.zeros_like(grad)) for grad in grads]
    for holder, grad in zip(holders, grads, strict=True):
        holder.grad = grad.clone()
    clip_grad_norm_(holders, max_norm)
    return [holder.grad for holder in holders if holder.grad is not None]


def _always(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    length = torch.cat([grad.flatten() for grad in grads]).norm()
    return [grad * max_norm / length for grad in grads]


_GRADS = [
    torch.tensor([[3.0, 0.0], [0.0, 4.0]], dtype=torch.float64),
    torch.tensor([12.0, 0.0], dtype=torch.float64),
]

clip = Exercise(
    _LESSON,
    3,
    "One factor for all parameters: the step gets shorter and keeps its direction.",
    [
        "What must not change about a gradient when only its length is too large?",
        "Take the norm over all entries of all tensors together, then scale all alike.",
        "factor = min(1, max_norm / total); total**2 is the sum of all squares.",
    ],
    [
        Mistake(
            lambda grads, max_norm: [_clipped([grad], max_norm)[0] for grad in grads],
            "each tensor was shortened by itself, so the step turns: large tensors "
            "lose more than small ones.",
        ),
        Mistake(
            lambda grads, max_norm: [g.clamp(-max_norm, max_norm) for g in grads],
            "entries were cut off one by one; the direction changes, and the norm can "
            "still be far above max_norm.",
        ),
        Mistake(
            _always,
            "a short gradient was stretched. Clipping only ever shortens.",
        ),
    ],
    {
        "norm 13, limit 1": (_GRADS, 1.0),
        "norm 13, limit 20": (_GRADS, 20.0),
    },
    _clipped,
    tolerance=1e-5,
)


def _bias_for(gate: float) -> float:
    return float(torch.tensor(gate, dtype=torch.float64).logit())


half_life = Exercise(
    _LESSON,
    4,
    "The bias grows like the logarithm of the distance: 3 reaches 14 words, 5 over a "
    "hundred. Choose it from how far your data make you remember.",
    [
        "A gate f multiplies the memory at each step. What is left after k of them?",
        "Solve f**k = 1/2 for f, then find the bias whose sigmoid is f.",
        "f = 0.5 ** (1 / k); the inverse of the sigmoid is log(f / (1 - f)).",
    ],
    [
        Mistake(
            lambda k: 0.5 ** (1 / k),
            "this is the gate itself; the bias goes through a sigmoid first.",
        ),
        Mistake(
            lambda k: _bias_for(math.exp(-1 / k)),
            "after k steps 1/e is left, 37 %: a time constant, not a half-life.",
        ),
        Mistake(
            lambda k: _bias_for(1 - 0.5 / k),
            "you took the loss of each step from the start, 1/(2k) of the whole. Each "
            "step takes a share of what is left.",
        ),
    ],
    {f"k = {k}": (k,) for k in (1, 14, 100)},
    lambda k: _bias_for(0.5 ** (1 / k)),
)


def _final(answer: Any, values: Sequence[float], cue: int) -> object:
    """Return the last state of a plain RNN with the answer's weights, (H,)."""
    weights = answer()
    if weights is None or weights is TODO:
        return weights
    if not isinstance(weights, tuple | list) or len(weights) != 3:
        return weights
    W_xh, W_hh, b = (torch.as_tensor(w, dtype=torch.float64) for w in weights)
    if b.ndim != 1 or W_xh.shape != (1, len(b)) or W_hh.shape != (len(b), len(b)):
        return weights
    x = torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1)
    start = torch.zeros(1, len(b), dtype=torch.float64)
    return unroll(lambda x, h: rnn_cell(x, h, W_xh, W_hh, b), x, start)[0, -1]


def _weights(w_x: float, w_h: float) -> Callable[[], tuple[Tensor, ...]]:
    return lambda: (torch.tensor([[w_x]]), torch.tensor([[w_h]]), torch.zeros(1))


_SHAPE = "Return three tensors of numbers: W_xh (1, H), W_hh (H, H) and b (H,)."
_LOST = (
    "The memory fades: after the fillers the first unit is within .5 of zero. How "
    "large must W_hh be for a state to hold itself up?"
)
_STUCK = (
    "The old cue will not let go: a second cue must win against W_hh times the state "
    "that is there. Give the input more weight."
)
_FLIPPED = (
    "Murmurs of .3 turned the memory round. They are weighted as a cue is; find a W_xh "
    "that lets a 1 through and holds a .3 off."
)


def _right(state: Tensor, cue: int) -> bool:
    return bool(state[0] * cue > 0)


latch = Exercise(
    _LESSON,
    5,
    "So a plain RNN can remember; teaching it is what is hard. Where the state rests, "
    "its slope per step, w(1 − h²), is far below 1: what holds the memory stops the "
    "gradient.",
    [
        "Take one unit, b = 0. With no input h becomes tanh(w h). For which w are "
        "there places other than 0 where it can rest?",
        "With w = 3 it rests near .995 and near −.995. Now W_xh: a cue of −1 must push "
        "3 · .995 − W_xh below zero, far enough to fall to the other side.",
        "A murmur of .3 must not: keep .3 · W_xh small against 3 · .995. Try W_xh = 4.",
    ],
    [
        Mistake(_weights(1.0, 0.9), _LOST),
        Mistake(_weights(1.0, 5.0), _STUCK),
        Mistake(_weights(30.0, 3.0), _FLIPPED),
        Mistake(lambda: (4.0, 3.0), _SHAPE),
    ],
    {
        "a cue, 60 fillers": ([1.0] + [0.0] * 60, 1),
        "the other cue, 60 fillers": ([-1.0] + [0.0] * 60, -1),
        "a second cue": ([1.0] + [0.0] * 20 + [-1.0] + [0.0] * 20, -1),
        "a cue, 40 contrary murmurs": ([1.0] + [-0.3] * 40, 1),
    },
    properties=[
        Property(
            lambda state, *_: isinstance(state, Tensor) and state.ndim == 1, _SHAPE
        ),
        Property(lambda state, *_: bool(torch.isfinite(state).all()), _SHAPE),
        Property(
            lambda state, values, cue: -0.3 in values or bool(abs(state[0]) > 0.5),
            _LOST,
        ),
        Property(
            lambda state, values, cue: -0.3 in values or _right(state, cue),
            _STUCK,
        ),
        Property(lambda state, values, cue: _right(state, cue), _FLIPPED),
    ],
    use=_final,
)
