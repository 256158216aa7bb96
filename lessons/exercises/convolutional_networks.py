"""Exercises of lesson 11."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from lessons import TODO
from lessons.exercises import Exercise, Mistake, Property

LESSON = "foundations/11_convolutional_networks"

_rng = torch.Generator().manual_seed(0)


def _random(*size: int) -> Tensor:
    return torch.randn(size, generator=_rng, dtype=torch.float64)


def _depth(target: int, kernel: int, stride: int) -> int:
    """Walk back from one answer to the cells that reach it, layer by layer."""
    cells, layers = {0}, 0
    while max(cells) - min(cells) + 1 < target:
        cells = {cell * stride + k for cell in cells for k in range(kernel)}
        layers += 1
    return layers


depth = Exercise(
    LESSON,
    1,
    "Stride 1 buys sight at a fixed price a layer; larger strides multiply what the "
    "next layer buys, and give up places in exchange.",
    [
        "How many cells does the first layer add to the one that sees itself?",
        "Each layer adds kernel - 1 of its own cells; how wide is such a cell by then?",
        "Keep two numbers, what is seen and how wide a cell is, and loop until enough.",
    ],
    [
        Mistake(
            lambda target, kernel, stride: math.ceil(math.log(target, kernel)),
            "this multiplies by the kernel in each layer; windows overlap, so a layer "
            "adds only kernel - 1 cells of its own.",
        ),
        Mistake(
            lambda target, kernel, stride: math.ceil((target - 1) / (kernel - 1)),
            "the stride has no effect yet: after a layer of stride 2, the cells of the "
            "next one are twice as far apart.",
        ),
        Mistake(
            lambda target, kernel, stride: math.ceil(target / kernel),
            "this lays windows side by side; neighbouring windows share cells.",
        ),
        Mistake(
            lambda target, kernel, stride: _depth(target + 1, kernel, stride),
            "one layer too many where the field fits exactly: at least, not more than.",
        ),
    ],
    {
        f"{target} cells, kernel {kernel}, stride {stride}": (target, kernel, stride)
        for target, kernel, stride in (
            (9, 3, 1),
            (10, 3, 1),
            (1, 3, 1),
            (24, 2, 1),
            (31, 3, 2),
            (100, 5, 2),
        )
    },
    _depth,
)


def _dilated(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    return functional.conv1d(x, weight, dilation=dilation)


_x, _weight = _random(2, 3, 12), _random(4, 3, 3)

dilated = Exercise(
    LESSON,
    2,
    "Four layers of kernel 2 with dilations 1, 2, 4, 8 see sixteen cells, and every "
    "cell of the input is still looked at.",
    [
        "Which cells does weight k meet when the window begins at cell t?",
        "Spread the filter: put dilation - 1 zeros between its weights, then slide it.",
        "Zeros of shape (F, C, (K - 1) * dilation + 1); fill [..., ::dilation].",
    ],
    [
        Mistake(
            lambda x, weight, dilation: functional.conv1d(x, weight, stride=dilation),
            "this moves the window by `dilation` cells and leaves it as narrow as "
            "before: that is a stride.",
        ),
        Mistake(
            lambda x, weight, dilation: functional.conv1d(x[..., ::dilation], weight),
            "this throws cells away before the window slides; each cell may begin one.",
        ),
        Mistake(
            lambda x, weight, dilation: functional.conv1d(x, weight),
            "the filter still covers neighbouring cells; `dilation` has no effect yet.",
        ),
        Mistake(
            lambda x, weight, dilation: functional.conv1d(
                x, weight, dilation=dilation + 1
            ),
            "the gaps are one cell too wide: dilation 1 leaves none.",
        ),
        Mistake(
            lambda x, weight, dilation: functional.conv1d(
                x, weight.repeat_interleave(dilation, dim=2)
            ),
            "each weight is repeated; a gap means that nothing is read there.",
        ),
        Mistake(
            lambda x, weight, dilation: _dilated(x, weight.flip(2), dilation),
            "the kernel is read backwards; weight 0 belongs to the first cell.",
        ),
    ],
    {f"dilation {d}": (_x, _weight, d) for d in (2, 1, 4)},
    _dilated,
)


def _pool(maps: Tensor, lengths: Tensor) -> Tensor:
    rows = zip(maps, lengths.tolist(), strict=True)
    return torch.stack([row[:, :length].amax(dim=1) for row, length in rows])


def _masked(maps: Tensor, lengths: Tensor) -> Tensor:
    return (torch.arange(maps.shape[2]) < lengths[:, None])[:, None]


_signed = -2 + _random(3, 2, 5)

pool = Exercise(
    LESSON,
    3,
    "The neutral value of a maximum is minus infinity, as 0 is that of a sum.",
    [
        "Which number, put in place of padding, can never win a maximum?",
        "torch.arange(T) < lengths[:, None] is True at the real places, (B, T).",
        "masked_fill the others with -inf, with an axis for F, then amax over T.",
    ],
    [
        Mistake(
            lambda maps, lengths: maps.amax(dim=2),
            "padding takes part: places from lengths[b] on are not real.",
        ),
        Mistake(
            lambda maps, lengths: (maps * _masked(maps, lengths)).amax(dim=2),
            "a 0 in place of padding beats every negative answer.",
        ),
        Mistake(
            lambda maps, lengths: (
                (maps * _masked(maps, lengths)).sum(dim=2) / lengths[:, None]
            ),
            "this is the mean over the real places, not the maximum.",
        ),
        Mistake(
            lambda maps, lengths: _pool(maps, (lengths - 1).clamp(min=1)),
            "the last real place is missing: the places are 0 to lengths[b] - 1.",
        ),
    ],
    {
        "answers of either sign": (_random(4, 3, 6), torch.tensor([6, 2, 1, 4])),
        "negative answers only": (_signed - _signed.max() - 1, torch.tensor([2, 5, 3])),
    },
    _pool,
)


def _fold(
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    var: Tensor,
    gamma: Tensor,
    beta: Tensor,
    eps: float,
) -> tuple[Tensor, Tensor]:
    folded, shift = fuse_conv_bn_weights(weight, bias, mean, var, eps, gamma, beta)
    return folded.detach(), shift.detach()


def _fold_with(
    scale: Callable[[Tensor, float], Tensor],
    bias_too: bool = True,
) -> Callable[..., tuple[Tensor, Tensor]]:
    def answer(
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        var: Tensor,
        gamma: Tensor,
        beta: Tensor,
        eps: float,
    ) -> tuple[Tensor, Tensor]:
        s = gamma * scale(var, eps)
        shift = (bias - mean) * s if bias_too else bias - mean * s
        return weight * s[:, None, None], shift + beta

    return answer


def _norm(num_filters: int) -> tuple[Tensor, ...]:
    mean, gamma, beta = (_random(num_filters) for _ in range(3))
    return mean, _random(num_filters) ** 2 + 0.1, gamma, beta


fold = Exercise(
    LESSON,
    4,
    "Inference engines do this to every convolution that a norm follows; in training "
    "it is impossible, since mean and variance change with the batch.",
    [
        "Write the norm as scale * x + shift. What are scale and shift?",
        "Put the convolution in for x: the scale multiplies its weight and its bias.",
        "s = gamma / sqrt(var + eps); weight * s per filter; (bias - mean) * s + beta.",
    ],
    [
        Mistake(
            _fold_with(lambda var, eps: 1 / (var + eps)),
            "divided by the variance: the norm divides by its root.",
        ),
        Mistake(
            _fold_with(lambda var, eps: 1 / var.sqrt()),
            "eps is missing; it is small, but it was there in training.",
        ),
        Mistake(
            _fold_with(lambda var, eps: 1 / (var + eps).sqrt(), bias_too=False),
            "the convolution's own bias has to be scaled, too.",
        ),
        Mistake(
            lambda weight, bias, mean, var, gamma, beta, eps: (
                weight * (gamma / (var + eps).sqrt())[:, None, None],
                bias,
            ),
            "the weight is right, but the bias still has to carry -mean and beta.",
        ),
        Mistake(
            lambda weight, bias, mean, var, gamma, beta, eps: _fold(
                weight, bias, mean, var, gamma, torch.zeros_like(beta), eps
            ),
            "beta is missing: the norm adds it after the scaling.",
        ),
    ],
    {
        "two filters": (_random(2, 3, 2), _random(2), *_norm(2), 1e-2),
        "four filters": (_random(4, 1, 5), _random(4), *_norm(4), 1e-5),
    },
    _fold,
)


def _lines(first: set[int], second: set[int], num_words: int) -> dict[str, list[Any]]:
    """Lines of word numbers, by what the filter shall do with them."""
    other = min(set(range(num_words)) - first - second)
    pairs = [(a, b) for a in sorted(first) for b in sorted(second)]
    return {
        "found": [[other, a, b, other] for a, b in pairs] + [[*pairs[0]]],
        "alone": [[other, a, other] for a in sorted(first | second)],
        "apart": [[a, other, b] for a, b in pairs],
        "reversed": [[b, a, other] for a, b in pairs],
        "repeated": [[word, word] for word in sorted(first ^ second)],
    }


def _fires(answer: Any, *case: Any) -> object:
    """Whether the filter's largest answer is positive, line by line."""
    given = answer(*case)
    if given is TODO or given is None:
        return given
    weight, bias = given
    for part, shape in ((weight, (1, case[2], 2)), (bias, (1,))):
        if not isinstance(part, Tensor) or part.shape != shape:
            return given
    fires: dict[str, list[bool]] = {}
    for name, lines in _lines(*case).items():
        fires[name] = []
        for line in lines:
            rows = functional.one_hot(torch.tensor(line), case[2]).T[None].double()
            answers = functional.conv1d(rows, weight.double(), bias.double())
            fires[name].append(bool(answers.max() > 0))
    return fires


def _pair_filter(
    bias: float, swap: bool = False, both: bool = False
) -> Callable[[set[int], set[int], int], tuple[Tensor, Tensor]]:
    def answer(
        first: set[int], second: set[int], num_words: int
    ) -> tuple[Tensor, Tensor]:
        if both:
            first = second = first | second
        weight = torch.zeros(1, num_words, 2, dtype=torch.float64)
        weight[0, sorted(first), int(swap)] = 1
        weight[0, sorted(second), int(not swap)] = 1
        return weight, torch.tensor([bias], dtype=torch.float64)

    return answer


_SILENT = "it is silent on a pair it should find; does the bias take away too much?"
_ALONE = "one of the two words is enough to make it fire; a bias can demand both."
_MIRRORED = (
    "it fires on a pair in the wrong order and misses the right one: the kernel is not "
    "read backwards here; cell 0 of the window is the earlier word."
)
_ORDER = (
    "it fires on words in the wrong order: each cell of the window has its own set."
)

pair_filter = Exercise(
    LESSON,
    5,
    "|first| + |second| weights and a bias know |first| · |second| pairs, met or not; "
    "word vectors let training find such sets by itself.",
    [
        "What does the filter add up over a pair it should find, and over half of one?",
        "Weight 1 for `first` in cell 0 and for `second` in cell 1: sums of 2, 1 or 0.",
        "Choose the bias so that 2 comes out positive and 1 does not.",
    ],
    [
        Mistake(_pair_filter(0.0), _ALONE),
        Mistake(_pair_filter(-2.0), _SILENT),
        Mistake(_pair_filter(-1.5, swap=True), _MIRRORED),
        Mistake(_pair_filter(-1.5, both=True), _ORDER),
    ],
    {
        "2 and 3 of 8 words": ({2, 5}, {1, 3, 6}, 8),
        "1 and 1 of 4 words": ({3}, {1}, 4),
    },
    properties=[
        Property(
            lambda fires, *_: isinstance(fires, dict),
            "return `weight` (1, num_words, 2) and `bias` (1,) as tensors.",
        ),
        Property(lambda fires, *_: not any(fires["alone"] + fires["apart"]), _ALONE),
        Property(
            lambda fires, *_: any(fires["found"]) or not any(fires["reversed"]),
            _MIRRORED,
        ),
        Property(lambda fires, *_: all(fires["found"]), _SILENT),
        Property(
            lambda fires, *_: not any(fires["reversed"] + fires["repeated"]), _ORDER
        ),
    ],
    use=_fires,
)
