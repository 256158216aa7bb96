"""Lesson 10's module: PyTorch and scikit-learn agree, and nothing is forgotten."""

import io
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import accuracy_score, log_loss
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from lessons.exercises import Status
from lessons.exercises.utilities import bucketed, save_safely
from lessons.foundations.utilities import (
    BagOfWords,
    History,
    Trainer,
    Vocabulary,
    array_loader,
    capture,
    eval_step,
    load_model,
    pad,
    predict_step,
    restore,
    save_model,
    set_seeds,
    text_loader,
    tokenize,
    train_step,
)

relaxed = settings(max_examples=30, deadline=None)
words = st.text("abcdefgh", min_size=2, max_size=4)
texts_of = st.lists(
    st.lists(words, min_size=1, max_size=9).map(" ".join), min_size=1, max_size=20
)


class Noisy(nn.Module):
    """A linear layer with dropout and a running mean: weights, chance and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.output = nn.BatchNorm1d(4), nn.Linear(4, 3)

    def forward(self, X: Tensor) -> Tensor:
        return self.output(functional.dropout(self.norm(X), 0.3, self.training))


def problem(num_rows: int = 90) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(num_rows, 4, generator=generator, dtype=torch.float64)
    return X, (X[:, :3] + 0.8 * torch.randn(num_rows, 3, generator=generator)).argmax(1)


def make(
    lr: float = 0.05, scheduler: Callable[..., Any] | None = None, **options: Any
) -> tuple[Trainer, Any, Any]:
    """A trainer and its batches, always the same."""
    torch.manual_seed(1)
    model = Noisy().double()
    optimizer = torch.optim.Adam(model.parameters(), lr)
    made = scheduler(optimizer) if scheduler else None
    X, y = problem()
    trainer = Trainer(model, optimizer, scheduler=made, **options)
    return (
        trainer,
        array_loader(X[:60], y[:60], 16, seed=2),
        array_loader(X[60:], y[60:], 7),
    )


# Texts


@relaxed
@given(texts_of)
def test_the_vocabulary_has_the_words_of_scikit_learn(texts: list[str]) -> None:
    vocabulary = Vocabulary.build(texts)
    counter = CountVectorizer(tokenizer=tokenize, token_pattern=None, lowercase=False)
    counts = np.asarray(counter.fit_transform(texts).sum(axis=0))[0]
    assert sorted(vocabulary.words[2:]) == counter.get_feature_names_out().tolist()
    ranked = [counts[counter.vocabulary_[word]] for word in vocabulary.words[2:]]
    assert ranked == sorted(ranked, reverse=True)
    for text in texts:
        assert vocabulary.decode(vocabulary.encode(text)) == text.split()


def test_rare_and_foreign_words_are_unknown() -> None:
    vocabulary = Vocabulary.build(["tea tea rum", "tea ale ale"], min_count=2)
    assert vocabulary.words == ["<pad>", "<unk>", "tea", "ale"]
    assert len(vocabulary) == 4
    assert vocabulary.encode("Rum, tea & milk!") == [1, 2, 1]
    assert vocabulary.encode("…") == [1]
    assert vocabulary.decode([2, 1, 0, 0]) == ["tea", "<unk>"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Mother-in-law's café, 3rd floor",
            ["mother-in-law's", "café", "3rd", "floor"],
        ),
        ("  --  ", []),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_tokenize(text: str, found: list[str]) -> None:
    assert tokenize(text) == found


@relaxed
@given(st.lists(st.lists(st.integers(1, 99), max_size=8), min_size=1, max_size=9))
def test_pad_makes_a_rectangle_and_loses_nothing(rows: list[list[int]]) -> None:
    tokens, lengths = pad(rows)
    assert tokens.dtype == lengths.dtype == torch.int64
    assert tokens.shape == (len(rows), max(map(len, rows)))
    for row, line, length in zip(rows, tokens.tolist(), lengths.tolist(), strict=True):
        assert line[:length] == row
        assert not any(line[length:])


@relaxed
@given(texts_of, st.integers(1, 7), st.none() | st.integers(0, 99))
def test_every_text_comes_once_an_epoch(
    texts: list[str], size: int, seed: int | None
) -> None:
    vocabulary, y = Vocabulary.build(texts), range(len(texts))
    loader = text_loader(texts, y, vocabulary, size, seed)
    for _ in range(2):
        seen = []
        for tokens, lengths, labels in loader:
            assert len(tokens) == len(lengths) == len(labels) <= size
            for row, length, label in zip(tokens, lengths, labels, strict=True):
                assert row[:length].tolist() == vocabulary.encode(texts[label])
            seen += labels.tolist()
        assert sorted(seen) == list(y)
        assert seed is not None or seen == list(y)


def test_a_missing_label_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        text_loader(["a", "b"], [0], Vocabulary([]), 2)


def test_the_order_is_new_in_each_epoch_and_the_seeds() -> None:
    X, y = problem()
    loader, twin = array_loader(X, y, 10, seed=3), array_loader(X, y, 10, seed=3)
    first, second = ([b[0] for b in loader] for _ in range(2))
    assert not torch.equal(torch.cat(first), torch.cat(second))
    assert torch.equal(torch.cat(first), torch.cat([b[0] for b in twin]))


@relaxed
@given(texts_of)
def test_the_bag_of_words_is_an_embedding_bag(texts: list[str]) -> None:
    vocabulary = Vocabulary.build(texts)
    model = BagOfWords(len(vocabulary), 3, 5).double()
    bag = nn.EmbeddingBag.from_pretrained(model.embedding.weight.data, mode="mean")
    rows = [vocabulary.encode(text) for text in texts]
    wanted = torch.stack([model.output(bag(torch.tensor([row])))[0] for row in rows])
    assert torch.allclose(model(*pad(rows)), wanted)


# Steps


def test_a_step_is_that_of_gradient_descent() -> None:
    X, y = problem(12)
    model = nn.Linear(4, 3, dtype=torch.float64)
    W = model.weight.detach().clone().requires_grad_()
    b = model.bias.detach().clone().requires_grad_()
    wanted = functional.cross_entropy(X @ W.T + b, y)
    dW, db = torch.autograd.grad(wanted, (W, b))
    loss, norm = train_step(model, (X, y), torch.optim.SGD(model.parameters(), 0.1))
    assert loss == pytest.approx(wanted.item())
    assert norm == pytest.approx(math.hypot(dW.norm().item(), db.norm().item()))
    assert torch.allclose(model.weight, W - 0.1 * dW)
    assert torch.allclose(model.bias, b - 0.1 * db)


@pytest.mark.parametrize("share", [0.1, 0.5, 2.0])
def test_clipping_shortens_and_never_turns(share: float) -> None:
    X, y = problem(12)
    model = nn.Linear(4, 3, dtype=torch.float64)
    still = torch.optim.SGD(model.parameters(), 0.0)
    _, norm = train_step(model, (X, y), still)
    plain = model.weight.grad.clone()
    _, seen = train_step(model, (X, y), still, clip_norm=share * norm)
    assert seen == pytest.approx(norm)
    assert torch.allclose(model.weight.grad, min(share, 1) * plain, rtol=1e-5)


def test_looking_leaves_the_model_as_it_is() -> None:
    X, y = problem(12)
    model = Noisy().double()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    assert eval_step(model, (X, y)) == eval_step(model, (X, y))
    assert torch.equal(predict_step(model, (X, y)), predict_step(model, (X, y)))
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


@relaxed
@given(st.integers(1, 40))
def test_evaluation_is_that_of_scikit_learn(batch_size: int) -> None:
    X, y = problem(37)
    torch.manual_seed(0)
    model = nn.Linear(4, 3, dtype=torch.float64)
    trainer = Trainer(model, torch.optim.SGD(model.parameters(), 0.1))
    batches = array_loader(X, y, batch_size)
    loss, accuracy = trainer.evaluate(batches)
    probs = trainer.predict(batches).numpy()
    assert loss == pytest.approx(log_loss(y, probs, labels=[0, 1, 2]))
    assert accuracy == pytest.approx(accuracy_score(y, probs.argmax(axis=1)))
    assert np.allclose(probs, model(X).softmax(dim=1).detach())


def test_it_can_learn_one_batch_by_heart() -> None:
    X, y = problem(8)
    model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3)).double()
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(150):
        train_step(model, (X, y), optimizer)
    loss, hits, count = eval_step(model, (X, y))
    assert loss / count < 0.05
    assert hits == count


# History


@relaxed
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(1, 5))
def test_stalled_is_the_rule_of_the_plateau(losses: list[float], patience: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
    plateau = ReduceLROnPlateau(optimizer, patience=patience - 1, threshold=0.0)
    history = History()
    for loss in losses:
        history.add(0, loss, 0, 0, 0)
        plateau.step(loss)
        assert history.stalled(patience) == (optimizer.param_groups[0]["lr"] < 1)
        assert not history.stalled(None)
        if history.stalled(patience):
            return


def test_a_loss_that_is_no_number_is_never_the_best() -> None:
    assert History(val_loss=[math.nan, 2.0, math.inf, 1.0, math.nan]).best_epoch == 3


# Trainer


def test_the_model_ends_with_its_best_weights() -> None:
    trainer, train, val = make(lr=0.3)
    history = trainer.fit(train, val, 15)
    assert history.best_epoch < 14
    assert trainer.evaluate(val)[0] == min(history.val_loss)
    for column in vars(history).values():
        assert len(column) == 15


def test_patience_stops_and_more_patience_goes_on() -> None:
    long, train, val = make(lr=0.3)
    losses = long.fit(train, val, 25).val_loss
    short, train, val = make(lr=0.3)
    history = short.fit(train, val, 25, patience=2)
    assert len(history) == history.best_epoch + 3 < 25
    assert short.fit(train, val, 25).val_loss == losses


SCHEDULERS = {
    "none": None,
    "plateau": lambda optimizer: ReduceLROnPlateau(optimizer, patience=0),
    "steps": lambda optimizer: StepLR(optimizer, 2),
}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("cut", [0, 1, 4])
def test_a_resumed_run_is_the_straight_one(scheduler: str, cut: int) -> None:
    options = {"scheduler": SCHEDULERS[scheduler], "clip_norm": 0.5}
    straight, train, val = make(**options)
    wanted = straight.fit(train, val, 6)
    broken, train, val = make(**options)
    broken.fit(train, val, cut)
    file = io.BytesIO()
    torch.save(broken.checkpoint(), file)
    file.seek(0)
    checkpoint = torch.load(file, weights_only=True)
    for _ in range(2):  # the checkpoint is not used up
        torch.manual_seed(99)
        resumed, train, val = make(**options)
        resumed.resume(checkpoint)
        assert resumed.fit(train, val, 6) == wanted
        assert torch.equal(resumed.predict(val), straight.predict(val))


@pytest.mark.parametrize("part", ["optimizer", "order", "random"])
def test_a_forgotten_part_shows(part: str) -> None:
    straight, train, val = make()
    wanted = straight.fit(train, val, 5)
    trainer, train, val = make()
    blank = capture(trainer.model, trainer.optimizer, None, train)
    trainer.fit(train, val, 3)
    checkpoint = trainer.checkpoint()
    checkpoint["last"][part] = blank[part]
    broken, train, val = make()
    broken.resume(checkpoint)
    history = broken.fit(train, val, 5)
    assert history.train_loss[:3] == wanted.train_loss[:3]
    assert history.train_loss[3] != wanted.train_loss[3]


@pytest.mark.parametrize("epochs", [0, 2])
def test_an_interrupted_epoch_is_run_again(epochs: int) -> None:
    straight, train, val = make()
    wanted = straight.fit(train, val, 5)
    trainer, train, val = make()
    trainer.fit(train, val, epochs)
    best = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    loss_fn, calls = trainer.loss_fn, iter(range(100))

    def interrupted(logits: Tensor, y: Tensor) -> Tensor:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return loss_fn(logits, y)

    trainer.loss_fn = interrupted
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(train, val, 5)
    assert all(torch.equal(v, best[k]) for k, v in trainer.model.state_dict().items())
    trainer.loss_fn = loss_fn
    assert trainer.fit(train, val, 5) == wanted


def test_an_explosion_stops_the_run_and_spares_the_best() -> None:
    trainer, train, val = make()
    trainer.fit(train, val, 2)
    trainer.optimizer.param_groups[0]["lr"] = 1e300
    checkpoint = trainer.checkpoint()
    checkpoint["last"]["optimizer"]["param_groups"][0]["lr"] = 1e300
    trainer.resume(checkpoint)
    with pytest.raises(
        FloatingPointError, match=r"epoch 2, batch \d: loss is (nan|inf); lower lr"
    ):
        trainer.fit(train, val, 9)
    assert trainer.evaluate(val)[0] == min(trainer.history.val_loss)


def test_a_captured_state_serves_twice() -> None:
    trainer, train, val = make()
    trainer.fit(train, val, 2)
    parts = trainer.model, trainer.optimizer, None, train
    state = capture(*parts)
    losses = []
    for _ in range(2):
        restore(state, *parts)
        losses.append(
            [train_step(trainer.model, b, trainer.optimizer)[0] for b in train]
        )
    assert losses[0] == losses[1]


def test_a_checkpoint_does_not_follow_the_training() -> None:
    trainer, train, val = make()
    trainer.fit(train, val, 2)
    checkpoint = trainer.checkpoint()
    weight = checkpoint["last"]["model"]["output.weight"].clone()
    trainer.fit(train, val, 4)
    assert torch.equal(checkpoint["last"]["model"]["output.weight"], weight)
    assert len(checkpoint["history"]["val_loss"]) == 2


# Files and seeds


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_saved_model_predicts_the_same(dtype: torch.dtype, tmp_path) -> None:
    trainer, train, val = make()
    trainer.fit(train, val, 2)
    model = trainer.model.to(dtype)
    X = problem()[0].to(dtype)
    facts = {
        "classes": ["ja", "nö", "jein"],
        "mean": [0.1, 1 / 3],
        "performance": {"f1": 0.5},
    }
    save_model(tmp_path / "new", model, facts)
    loaded, read = load_model(tmp_path / "new", lambda facts: Noisy())
    assert read == facts
    assert torch.equal(loaded(X), model.eval()(X))
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "facts.json",
        "weights.pt",
    ]


def test_facts_that_are_not_json_write_nothing(tmp_path) -> None:
    with pytest.raises(TypeError, match="ndarray"):
        save_model(tmp_path / "new", Noisy(), {"mean": np.zeros(2)})
    assert not list(tmp_path.iterdir())


def test_set_seeds_repeats_all_three() -> None:
    draws = []
    for _ in range(2):
        set_seeds(5)
        draws.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert draws[0] == draws[1]


# Exercises: other right answers, and wrong ones that look right

Writer = Callable[[Path, str], None]
Answer = Callable[[Sequence[int], int, np.random.Generator], list[list[int]]]


def in_pools(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Any:
    """Sort within pools of ten batches, as loaders of long texts do."""
    order, cut = rng.permutation(len(lengths)), []
    for k in range(0, len(order), 10 * size):
        pool = sorted(order[k : k + 10 * size], key=lambda row: lengths[row])
        cut += [pool[j : j + size] for j in range(0, len(pool), size)]
    return [cut[i] for i in rng.permutation(len(cut))]


def only_within(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Any:
    order = np.argsort(lengths, kind="stable")
    return [rng.permutation(order[k : k + size]) for k in range(0, len(order), size)]


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (in_pools, Status.CORRECT, "Chance among equals"),
        (only_within, Status.WRONG, "the same batches"),
    ],
)
def test_buckets(answer: Answer, status: Status, told: str) -> None:
    verdict = bucketed.verdict(answer)
    assert verdict.status is status
    assert told in verdict.message


def as_text(path: Path, text: str, write: Writer) -> None:
    write(f"{path}.part", text)  # type: ignore[arg-type]
    Path(f"{path}.part").replace(path)


def repairing(path: Path, text: str, write: Writer) -> None:
    """No power cut waits for an `except`."""
    old = path.read_text("utf-8")
    try:
        write(path, text)
    except BaseException:
        path.write_text(old, "utf-8")
        raise


def tidy(path: Path, text: str, write: Writer) -> None:
    write(path.with_name("first"), text)
    write(path, text)
    path.with_name("first").unlink()


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (as_text, Status.CORRECT, "a rename"),
        (repairing, Status.WRONG, "overwritten in place"),
        (tidy, Status.WRONG, "over the old one after all"),
    ],
)
def test_safe_saving(answer: Any, status: Status, told: str) -> None:
    verdict = save_safely.verdict(answer)
    assert verdict.status is status
    assert told in verdict.message
