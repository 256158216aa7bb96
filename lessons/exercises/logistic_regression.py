"""Exercises of lesson 07."""

import math
from collections.abc import Callable, Sequence
from numbers import Real
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from lessons import TODO
from lessons.exercises import Exercise, Mistake, Property

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
LESSON = "foundations/07_logistic_regression"

_rng = np.random.default_rng(0)


def _loss(z: Array, y: Labels) -> float:
    """PyTorch's binary cross-entropy of logits."""
    import torch

    logits, targets = torch.tensor(z), torch.tensor(y, dtype=torch.float64)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
    return float(loss)


def _sigmoid(z: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-z)))


def _by_formula(p: Array, y: Labels) -> float:
    with np.errstate(all="ignore"):
        return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _true_class(z: Array, y: Labels) -> float:
    with np.errstate(all="ignore"):
        return float(-np.mean(np.log(_sigmoid(np.where(y == 1, z, -z)))))


binary_loss = Exercise(
    LESSON,
    1,
    "log(1 + exp(s)) is a softmax with a zero in it, so the same trick saves it.",
    [
        "What is -log of the sigmoid, with the fraction turned over?",
        "It is log(1 + exp(s)), where s is -z for a 1 and z for a 0.",
        "np.logaddexp(0, s) is log(exp(0) + exp(s)), with the largest taken out.",
    ],
    [
        Mistake(
            lambda z, y: _by_formula(_sigmoid(z), y),
            "0 times the logarithm of 0 is NaN: the chance was rounded before the "
            "logarithm was taken.",
        ),
        Mistake(
            _true_class,
            "a chance of exp(-1000) is stored as 0, and its logarithm is not 1000 but "
            "infinite: take the logarithm on paper first.",
        ),
        Mistake(
            lambda z, y: _by_formula(np.clip(_sigmoid(z), 1e-7, 1 - 1e-7), y),
            "clipping hides it: every loss above 16 becomes 16, and its slope 0.",
        ),
        Mistake(
            lambda z, y: _loss(-z, y),
            "the sign is turned: a large z should be cheap for y = 1, dear for y = 0.",
        ),
    ],
    {
        "three tumours": (np.array([2.0, -0.5, 1.0]), np.array([1, 1, 0])),
        "far out": (np.array([1000.0, -1000.0, 800.0]), np.array([1, 1, 0])),
    },
    _loss,
)


def _temperature(logits: Array, y: Labels, T: float) -> float:
    """PyTorch's gradient."""
    import torch

    t = torch.tensor(T, requires_grad=True, dtype=torch.float64)
    scaled = torch.tensor(logits) / t
    loss = torch.nn.functional.cross_entropy(scaled, torch.tensor(y))
    return float(torch.autograd.grad(loss, t)[0])


_logits = 3 * _rng.normal(size=(6, 3))
_labels = np.array([0, 1, 2, 2, 1, 0])

temperature = Exercise(
    LESSON,
    2,
    "At the best T the true logit equals, on average, the logit the model expects: one "
    "number repairs an overconfident model and leaves every ranking alone.",
    [
        "With u = z / T, what does the lesson's gradient say about u? And du/dT?",
        "dJ/du = probs - one_hot, and du/dT = -z / T**2; sum over the classes.",
        "mean over rows of (true logit - sum of probs * logits) / T**2.",
    ],
    [
        Mistake(
            lambda logits, y, T: -_temperature(logits, y, T),
            "right size, wrong sign: z / T gets smaller in size as T grows.",
        ),
        Mistake(
            lambda logits, y, T: T * _temperature(logits, y, T),
            "the slope of 1 / T is -1 / T**2; one T is missing.",
        ),
        Mistake(
            lambda logits, y, T: _temperature(logits, y, 1.0) / T**2,
            "the chances are those of the logits, not of the logits divided by T.",
        ),
    ],
    {
        "T = 1": (_logits, _labels, 1.0),
        "T = 2": (_logits, _labels, 2.0),
        "T = 0.5": (_logits, _labels, 0.5),
    },
    _temperature,
)


def _pairs(tie: float, sign: int = 1) -> Callable[[Labels, Array], float]:
    def answer(y: Labels, scores: Array) -> float:
        gaps = sign * (scores[y == 1][:, None] - scores[y == 0])
        return float(np.mean((gaps > 0) + tie * (gaps == 0)))

    return answer


ranking = Exercise(
    LESSON,
    3,
    "The area under ROC is the chance that a malignant tumour outranks a benign one: "
    "no threshold, no costs, no share of malignant tumours enters.",
    [
        "How many pairs of one malignant and one benign tumour are there?",
        "Broadcast the two groups of scores against each other; count the wins.",
        "A win is 1, a tie a half, a loss 0; then the mean over all pairs.",
    ],
    [
        Mistake(
            _pairs(0),
            "ties count as losses here; a tie is a coin, so it counts a half.",
        ),
        Mistake(
            _pairs(1),
            "ties count as wins here: a model that gives all the same score would "
            "look perfect.",
        ),
        Mistake(
            _pairs(0.5, -1),
            "this is the chance that the *benign* tumour has the higher score.",
        ),
    ],
    {
        "no ties": (np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.7, 0.3, 0.1])),
        "ties": (np.array([1, 0, 1, 0, 0]), np.array([0.5, 0.5, 0.7, 0.3, 0.5])),
    },
    lambda y, scores: float(roc_auc_score(y, scores)),
)


def _doors(probs: Array, costs: Array) -> Labels:
    by_class = probs[:, :, None] * costs  # (N, C, A)
    return np.asarray(by_class.sum(axis=1).argmin(axis=1))


_CLINIC = np.array([[0.0, 0.3, 1.0], [20.0, 8.0, 0.0]])
_chances = np.array([0.005, 0.02, 0.04, 0.06, 0.1, 0.7])

doors = Exercise(
    LESSON,
    4,
    "Chances and costs are enough for any number of doors. Each pair of doors has its "
    "own threshold, and none of them needs to be one half.",
    [
        "What does one action cost on average, for one patient with chances p?",
        "Each cost counts as often as its class occurs: a weighted sum over classes.",
        "probs @ costs is (N, A); take the cheapest column of each row.",
    ],
    [
        Mistake(
            lambda probs, costs: costs.argmin(axis=1)[probs.argmax(axis=1)],
            "you settled on one class first, and so threw away how unsure it is.",
        ),
        Mistake(
            lambda probs, costs: (probs @ costs).argmax(axis=1),
            "this is the dearest action of each patient.",
        ),
        Mistake(
            lambda probs, costs: np.full(len(probs), costs.mean(axis=0).argmin()),
            "everybody gets the same action: the chances have no effect yet.",
        ),
    ],
    {
        "the clinic's three doors": (
            np.stack([1 - _chances, _chances], axis=1),
            _CLINIC,
        ),
        "four classes, five actions": (
            _rng.dirichlet(np.ones(4), 8),
            _rng.uniform(0, 10, (4, 5)),
        ),
    },
    _doors,
)


_FOUND = np.repeat([0, 1], [300, 200])
_CENTRES, _SPREAD = np.array([-1.5, 1.5]), 1.2


def _scores(seed: int) -> Array:
    noise = np.random.default_rng(seed).normal(size=len(_FOUND))
    return np.asarray(_CENTRES[_FOUND] + _SPREAD * noise)


def _clinics(answer: Any, y: Labels, scores: Array) -> object:
    """Try 200 clinics; the shares of all future patients are known by formula."""
    thresholds = []
    for seed in range(200):
        threshold = answer(y, scores if seed == 0 else _scores(seed))
        if threshold is TODO or threshold is None:
            return threshold
        if not isinstance(threshold, Real) or not math.isfinite(threshold):
            return threshold
        thresholds.append(float(threshold))
    benign, malignant = (_called(thresholds, centre) for centre in _CENTRES)
    return {
        "recall kept": float(np.mean(malignant >= 0.95)),
        "benign called": float(np.mean(benign)),
    }


def _resampled(y: Labels, scores: Array) -> float:
    malignant = scores[y == 1]
    rows = np.random.default_rng(0).choice(malignant, (200, len(malignant)))
    return float(np.quantile(np.quantile(rows, 0.05, axis=1), 0.1))


def _called(thresholds: Sequence[float], centre: float) -> Array:
    """Share of future patients of one class above each clinic's threshold."""
    scores = NormalDist(centre, _SPREAD)
    return np.array([1 - scores.cdf(threshold) for threshold in thresholds])


_BROKEN = (
    "on new patients the recall falls below .95 in more than one clinic in ten. A "
    "threshold that only just reaches it on your rows misses it in half of all others."
)
_CLOSE = (
    "close: the promise is kept in three clinics of four, but not in nine of ten. If "
    "you took the lowest tenth of resampled quantiles: np.quantile interpolates "
    "upwards, and ten rows make a coarse tail. Leave more room, or count."
)
_TIMID = (
    "the promise is kept, but more than two in five of the benign are called: with 200 "
    "malignant tumours you need not be that careful."
)

promise = Exercise(
    LESSON,
    5,
    "A promise about new patients needs a margin, and the margin shrinks as the "
    "malignant rows grow in number.",
    [
        "If you miss exactly 5 % of 200 on your rows, how often is it more elsewhere?",
        "At a true recall of .95 the misses among n rows are binomial. How few must "
        "you see among yours to be nine-tenths sure?",
        "Stay below scipy.stats.binom.ppf(0.1, n, 0.05) misses; sort the malignant "
        "scores to find the threshold that does.",
    ],
    [
        Mistake(
            lambda y, scores: float(np.quantile(scores[y == 1], 0.05)),
            _BROKEN,
        ),
        Mistake(_resampled, _CLOSE),
        Mistake(
            lambda y, scores: float(scores[y == 1].min()),
            _TIMID,
        ),
    ],
    {"200 clinics with other patients": (_FOUND, _scores(0))},
    properties=[
        Property(
            lambda told, *_: isinstance(told, dict),
            "a threshold is one finite number.",
        ),
        Property(lambda told, *_: told["recall kept"] >= 0.75, _BROKEN),
        Property(lambda told, *_: told["recall kept"] >= 0.9, _CLOSE),
        Property(lambda told, *_: told["benign called"] <= 0.4, _TIMID),
    ],
    use=_clinics,
)
