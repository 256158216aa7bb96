"""Utilities: train once, stop in time, resume exactly.

Made from foundations/10_utilities.ipynb; edit it there.
"""

import copy
import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

__all__ = [
    "BagOfWords",
    "Batch",
    "Epochs",
    "History",
    "Loader",
    "Loop",
    "LossFunction",
    "Resumable",
    "Scheduler",
    "State",
    "Trainer",
    "Vocabulary",
    "array_loader",
    "capture",
    "eval_step",
    "load_model",
    "pad",
    "predict_step",
    "restore",
    "save_model",
    "set_seeds",
    "text_loader",
    "tokenize",
    "train_step",
]

# From cell d95d6b57 of foundations/10_utilities.ipynb.
Batch = Sequence[Tensor]
Loader = DataLoader[Any]
LossFunction = Callable[[Tensor, Tensor], Tensor]
Scheduler = LRScheduler | ReduceLROnPlateau
State = dict[str, Any]


# From cell 4e5414c1 of foundations/10_utilities.ipynb.
def tokenize(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())


class Vocabulary:
    """Numbers for words: 0 is padding, 1 is every word that it does not know.

    Args:
        words: the words to know, each once.
    """

    PAD, UNKNOWN = "<pad>", "<unk>"

    def __init__(self, words: Iterable[str]) -> None:
        self.words = [self.PAD, self.UNKNOWN, *words]
        self._ids = {word: i for i, word in enumerate(self.words)}

    @classmethod
    def build(cls, texts: Iterable[str], min_count: int = 1) -> "Vocabulary":
        """Know the words of these texts (training texts only), the frequent first.

        Args:
            texts: what to count words in.
            min_count: rarer words stay unknown.
        """
        counts = Counter(word for text in texts for word in tokenize(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(word for word in ranked if counts[word] >= min_count)

    def __len__(self) -> int:
        """Count the words, padding and unknown included."""
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's words; a text without words is one unknown."""
        return [self._ids.get(word, 1) for word in tokenize(text)] or [1]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the words of these numbers, without the padding."""
        return [self.words[i] for i in ids if i != 0]


# From cell f00cda0b of foundations/10_utilities.ipynb.
def pad(sequences: Sequence[Sequence[int] | Tensor]) -> tuple[Tensor, Tensor]:
    """Make sequences equally long with zeros at the end.

    Args:
        sequences: B sequences of whole numbers, of any lengths.

    Returns:
        tokens (B, T), where T is the longest length, and lengths (B,); both int64.
    """
    rows = [torch.as_tensor(sequence, dtype=torch.int64) for sequence in sequences]
    lengths = torch.tensor([len(row) for row in rows])
    return pad_sequence(rows, batch_first=True), lengths


# From cell 7f3e273c of foundations/10_utilities.ipynb.
class BagOfWords(nn.Module):
    """The mean of a text's word vectors, then one linear layer.

    Args:
        num_words: size of the vocabulary.
        num_classes: C.
        embed_dim: length of a word vector.
    """

    def __init__(self, num_words: int, num_classes: int, embed_dim: int = 32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_words, embed_dim, padding_idx=0)
        self.output = nn.Linear(embed_dim, num_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return logits (B, C) for tokens (B, T) of these lengths (B,)."""
        total = self.embedding(tokens).sum(dim=1)  # (B, embed_dim); padding adds 0
        logits: Tensor = self.output(total / lengths[:, None])
        return logits


# From cell 2c9a4c27 of foundations/10_utilities.ipynb.
def _moved(batches: Iterable[Batch], device: str) -> Iterable[list[Tensor]]:
    return ([part.to(device) for part in batch] for batch in batches)


def train_step(
    model: nn.Module,
    batch: Batch,
    optimizer: Optimizer,
    loss_fn: LossFunction = functional.cross_entropy,
    clip_norm: float | None = None,
) -> tuple[float, float]:
    """Move the weights once.

    Args:
        model: called with all of the batch but its last entry.
        batch: inputs, and y last.
        optimizer: of the model's parameters.
        loss_fn: of (logits, y); a mean over the batch.
        clip_norm: longest gradient that is not shortened; None leaves all as they are.

    Returns:
        The loss before the step, and the norm of the gradient before any clipping.
    """
    model.train()
    *inputs, y = batch
    loss = loss_fn(model(*inputs), y)
    optimizer.zero_grad()
    loss.backward()
    longest = math.inf if clip_norm is None else clip_norm
    norm = clip_grad_norm_(model.parameters(), longest)
    optimizer.step()
    return loss.item(), norm.item()


# From cell fffe31d0 of foundations/10_utilities.ipynb.
def eval_step(
    model: nn.Module, batch: Batch, loss_fn: LossFunction = functional.cross_entropy
) -> tuple[float, int, int]:
    """Measure a batch: the sum of its losses, its hits, and its size."""
    model.eval()
    *inputs, y = batch
    with torch.no_grad():
        logits = model(*inputs)  # (B, C)
    hits = int((logits.argmax(dim=1) == y).sum())
    return float(loss_fn(logits, y)) * len(y), hits, len(y)


def predict_step(model: nn.Module, batch: Batch) -> Tensor:
    """Return class probabilities, (B, C), without a look at y."""
    model.eval()
    with torch.no_grad():
        logits: Tensor = model(*batch[:-1])
    return logits.softmax(dim=1)


# From cell eb385593 of foundations/10_utilities.ipynb.
@dataclass
class History:
    """What training measured, one entry an epoch.

    Attributes:
        train_loss: mean over the epoch's batches, while the weights moved.
        val_loss: after the epoch.
        val_accuracy: after the epoch, as a fraction.
        grad_norm: the largest of the epoch, before any clipping.
        lr: learning rate of the epoch.
    """

    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)

    def add(self, *values: float) -> None:
        """Append an epoch's values, in the order of the attributes."""
        for column, value in zip(vars(self).values(), values, strict=True):
            column.append(value)

    @property
    def best_epoch(self) -> int:
        """Number of the epoch, from 0, with the smallest validation loss."""
        known = np.nan_to_num(self.val_loss, nan=math.inf, posinf=math.inf)
        return int(np.argmin(known))

    def stalled(self, patience: int | None) -> bool:
        """Return whether the best is as many epochs ago as patience allows."""
        if patience is None or not self.val_loss:
            return False
        return len(self) - 1 - self.best_epoch >= patience

    def __len__(self) -> int:
        """Count the epochs."""
        return len(self.val_loss)


# From cell aa95cd46 of foundations/10_utilities.ipynb.
@dataclass(eq=False, repr=False)
class Loop:
    """The parts of a training loop; it measures the model and leaves it as it is."""

    model: nn.Module
    optimizer: Optimizer
    loss_fn: LossFunction = functional.cross_entropy
    device: str = "cpu"
    scheduler: Scheduler | None = None
    clip_norm: float | None = None
    history: History = field(default_factory=History, init=False)

    def __post_init__(self) -> None:
        self.model.to(self.device)

    def evaluate(self, batches: Iterable[Batch]) -> tuple[float, float]:
        """Return the mean loss and the accuracy."""
        moved = _moved(batches, self.device)
        steps = [eval_step(self.model, batch, self.loss_fn) for batch in moved]
        loss, hits, count = map(sum, zip(*steps, strict=True))
        return loss / count, hits / count

    def predict(self, batches: Iterable[Batch]) -> Tensor:
        """Return class probabilities, (N, C), in the order of the batches."""
        moved = _moved(batches, self.device)
        return torch.cat([predict_step(self.model, batch) for batch in moved]).cpu()


# From cell 4db50f6d of foundations/10_utilities.ipynb.
class Epochs(Loop):
    """A loop that runs one epoch at a time and writes down what it saw."""

    def epoch(self, train: Iterable[Batch], val: Iterable[Batch]) -> None:
        """Train on each batch once, measure, and let the scheduler react."""
        lr = self.optimizer.param_groups[0]["lr"]
        losses, norms = self._train(train)
        val_loss, val_accuracy = self.evaluate(val)
        self.history.add(float(np.mean(losses)), val_loss, val_accuracy, max(norms), lr)
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(val_loss)
        elif self.scheduler:
            self.scheduler.step()

    def _train(self, batches: Iterable[Batch]) -> tuple[list[float], list[float]]:
        steps = []
        for batch in _moved(batches, self.device):
            parts = self.optimizer, self.loss_fn, self.clip_norm
            steps.append(train_step(self.model, batch, *parts))
            if not math.isfinite(loss := steps[-1][0]):
                where = f"epoch {len(self.history)}, batch {len(steps) - 1}"
                raise FloatingPointError(f"{where}: loss is {loss}; lower lr")
        return [loss for loss, _ in steps], [norm for _, norm in steps]


# From cell ce7c8989 of foundations/10_utilities.ipynb.
def _collate(samples: Sequence[tuple[Tensor, int]]) -> tuple[Tensor, ...]:
    sequences, labels = zip(*samples, strict=True)
    return *pad(sequences), torch.tensor(labels)


def _loader(samples: Any, batch_size: int, seed: int | None, **options: Any) -> Loader:
    if seed is None:
        return DataLoader(samples, batch_size, **options)
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(samples, batch_size, shuffle=True, generator=generator, **options)


# From cell e7cea281 of foundations/10_utilities.ipynb.
def text_loader(
    texts: Iterable[str],
    y: Iterable[int],
    vocabulary: Vocabulary,
    batch_size: int,
    seed: int | None = None,
) -> Loader:
    """Batches of texts as (tokens (B, T), lengths (B,), y (B,)).

    Args:
        texts: N texts.
        y: N labels from 0.
        vocabulary: gives the numbers of the words.
        batch_size: texts a batch; the last one may be smaller.
        seed: of the order, new in each epoch; without it, the order stays.

    Raises:
        ValueError: if there are not as many labels as texts.
    """
    rows = (torch.tensor(vocabulary.encode(text)) for text in texts)
    samples = [(row, int(label)) for row, label in zip(rows, y, strict=True)]
    return _loader(samples, batch_size, seed, collate_fn=_collate)


def array_loader(
    X: Tensor, y: Tensor, batch_size: int, seed: int | None = None
) -> Loader:
    """Batches of rows as (X (B, …), y (B,)).

    Args:
        X: features, (N, …).
        y: targets, (N,).
        batch_size: rows a batch; the last one may be smaller.
        seed: of the order, new in each epoch; without it, the order stays.
    """
    return _loader(TensorDataset(X, y), batch_size, seed)


# From cell da8b8fcf of foundations/10_utilities.ipynb.
def capture(
    model: nn.Module, optimizer: Optimizer, scheduler: Scheduler | None, train: Loader
) -> State:
    """Return all that the next epoch depends on: a copy, which stays as it is.

    Args:
        model: its weights and buffers.
        optimizer: its moments and learning rate.
        scheduler: its count of epochs, if there is one.
        train: its order.
    """
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler and scheduler.state_dict(),
        "order": train.generator and train.generator.get_state(),
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all(),
    }
    return copy.deepcopy(state)


# From cell 6e5c76e4 of foundations/10_utilities.ipynb.
def restore(
    state: State,
    model: nn.Module,
    optimizer: Optimizer,
    scheduler: Scheduler | None,
    train: Loader,
) -> None:
    """Put everything back as it was when ``capture`` was called.

    Args:
        state: what ``capture`` returned; it stays as it is.
        model: built in the same way, as are the others.
        optimizer: of the model's parameters.
        scheduler: of the optimizer.
        train: training batches.
    """
    state = copy.deepcopy(state)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    if scheduler:
        scheduler.load_state_dict(state["scheduler"])
    if train.generator:
        train.generator.set_state(state["order"])
    torch.set_rng_state(state["random"])
    torch.cuda.set_rng_state_all(state["random_cuda"])


# From cell 319fae2f of foundations/10_utilities.ipynb.
class Resumable(Epochs):
    """Epochs that can be left and gone back to, in this process or in another."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._best: State = copy.deepcopy(self.model.state_dict())
        self._last: State = {}

    def checkpoint(self) -> State:
        """Return all that ``resume`` needs, for ``torch.save``."""
        kept = {"best": self._best, "last": self._last}
        return copy.deepcopy(kept | {"history": vars(self.history)})

    def resume(self, checkpoint: State) -> None:
        """Take over from a trainer that was built in the same way.

        Args:
            checkpoint: what its ``checkpoint`` returned.
        """
        state = copy.deepcopy(checkpoint)
        self._best, self._last = state["best"], state["last"]
        self.history = History(**state["history"])
        self.model.load_state_dict(self._best)


# From cell 10c2731a of foundations/10_utilities.ipynb.
class Trainer(Resumable):
    """Train a classifier, keep its best weights, stop in time, resume exactly.

    A batch is any tuple whose last entry is y; the model is called with the rest.

    Args:
        model: returns logits (B, C).
        optimizer: of the model's parameters.
        loss_fn: of (logits, y); a mean over the batch.
        device: where model and batches go.
        scheduler: stepped once an epoch; a plateau scheduler sees the validation loss.
        clip_norm: longest gradient that is not shortened; None leaves all as they are.

    Attributes:
        history: of all epochs so far.
    """

    def fit(
        self, train: Loader, val: Loader, num_epochs: int, patience: int | None = None
    ) -> History:
        """Train up to an epoch; leave the model with its best weights, come what may.

        Args:
            train: training batches; its order goes on where the last call left it.
            val: validation batches, which choose the best epoch.
            num_epochs: epochs in all, those of earlier calls included.
            patience: stop after so many epochs without a smaller validation loss.

        Raises:
            FloatingPointError: if the training loss is no longer a number.
        """
        parts = self.model, self.optimizer, self.scheduler, train
        self._last = self._last or capture(*parts)
        restore(self._last, *parts)
        history = self.history
        try:
            while len(history) < num_epochs and not history.stalled(patience):
                self.epoch(train, val)
                if history.best_epoch == len(history) - 1:
                    self._best = copy.deepcopy(self.model.state_dict())
                self._last = capture(*parts)
        finally:
            self.model.load_state_dict(self._best)
        return history


# From cell c63fea78 of foundations/10_utilities.ipynb.
def save_model(folder: Path, model: nn.Module, facts: dict[str, Any]) -> None:
    """Write a model's weights, and beside them all else that a prediction needs.

    Args:
        folder: gets ``weights.pt``, tensors only, and ``facts.json``.
        model: its weights and buffers, in their own precision.
        facts: what JSON can hold: words or the scaler's mean and std, the classes in
            their order, the performance.

    Raises:
        TypeError: if a fact is not JSON; then nothing is written.
    """
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "weights.pt")
    (folder / "facts.json").write_text(f"{text}\n", encoding="utf-8")


def load_model(
    folder: Path, build: Callable[[dict[str, Any]], nn.Module]
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the model, on the CPU and ready to predict, and the facts.

    Args:
        folder: where ``save_model`` wrote.
        build: makes an untrained model of the facts.
    """
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    weights = torch.load(folder / "weights.pt", map_location="cpu", weights_only=True)
    model = build(facts)
    model.load_state_dict(weights, assign=True)
    return model.eval(), facts


# From cell db4ce075 of foundations/10_utilities.ipynb.
def set_seeds(seed: int) -> None:
    """Seed the global generators of Python, NumPy and PyTorch.

    Prefer a generator of your own; this is for code that takes none, such as the
    initialisation of ``torch.nn`` layers.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
