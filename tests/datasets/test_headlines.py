"""Each slice of the headlines defeats one tool and yields to the next; the key is true."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from lessons import datasets
from lessons.foundations.utilities import (
    BagOfWords,
    Trainer,
    Vocabulary,
    text_loader,
    tokenize,
)

FOLDER = datasets.ROOT / "headlines"
FILES = {"headlines.csv", "corpus.csv", "key.csv"}
SLICES = ["keyword", "lookup", "memory", "order", "phrase"]
DESKS = ["business", "culture", "science", "sport"]
PARTS = ["train", "val", "test"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return datasets.load("headlines")


@pytest.fixture(scope="module")
def key() -> pd.DataFrame:
    return datasets.load("headlines_key")


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    return [tokenize(text) for text in datasets.load("headlines_corpus")["text"]]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(threads)


# --- the files


def test_the_same_bytes_come_again(tmp_path) -> None:
    for script in FOLDER.glob("*.py"):
        shutil.copy(script, tmp_path)
    subprocess.run([sys.executable, tmp_path / "generate.py"], check=True)
    assert {path.name for path in tmp_path.glob("*.csv")} == FILES
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_columns_sizes_and_shares(table: pd.DataFrame) -> None:
    assert list(table) == ["text", "label", "slice", "split"]
    assert len(table) >= 12_000
    counts = table.groupby(["slice", "split"]).size().unstack()
    assert sorted(counts.index) == SLICES
    shares = counts.div(counts.sum(axis=1), axis=0)[PARTS]
    assert np.allclose(shares, [0.6, 0.15, 0.25], atol=0.01)
    assert sum((FOLDER / name).stat().st_size for name in FILES) < 3_000_000


def test_labels_are_balanced_in_every_part(table: pd.DataFrame) -> None:
    for _, part in table.groupby(["slice", "split"]):
        counts = part["label"].value_counts()
        assert sorted(counts.index) == DESKS
        assert counts.nunique() == 1


def test_no_text_comes_twice(table: pd.DataFrame) -> None:
    read = table["text"].map(lambda text: " ".join(tokenize(text)))
    assert not read.duplicated().any()
    corpus = datasets.load("headlines_corpus")["text"]
    assert len(corpus) >= 15_000
    assert not set(read) & set(corpus.map(lambda text: " ".join(tokenize(text))))


def test_there_are_two_thousand_words(table: pd.DataFrame) -> None:
    assert len(Vocabulary.build(table["text"])) > 2_000


def test_articles_suit_the_next_word(table: pd.DataFrame) -> None:
    texts = pd.concat([table["text"], datasets.load("headlines_corpus")["text"]])
    assert not texts.str.contains(r"\b[Aa] [aeioAEIO]\w*", regex=True).any()
    assert not texts.str.contains(r"\b[Aa]n [^aeiouh]", regex=True).any()


# --- the slices


def parts(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = table[table["slice"] == name]
    return rows[rows["split"] == "train"], rows[rows["split"] == "test"]


def linear(
    table: pd.DataFrame, name: str, width: int, count: int | None = None
) -> float:
    """Accuracy of logistic regression on n-grams up to a width."""
    train, test = parts(table, name)
    counter = CountVectorizer(
        tokenizer=tokenize, token_pattern=None, ngram_range=(1, width)
    )
    X = counter.fit_transform(train["text"][:count])
    model = LogisticRegression(max_iter=1000).fit(X, train["label"][:count])
    return float(model.score(counter.transform(test["text"]), test["label"]))


@pytest.mark.parametrize(
    ("name", "width", "low", "high"),
    [
        ("keyword", 1, 0.87, 0.95),
        ("phrase", 1, 0.19, 0.31),
        ("phrase", 2, 0.93, 1.0),
        ("order", 3, 0.19, 0.31),
        ("memory", 3, 0.19, 0.34),
        ("lookup", 3, 0.19, 0.34),
    ],
)
def test_n_grams(table, name: str, width: int, low: float, high: float) -> None:
    assert low <= linear(table, name, width) <= high


def test_few_labels_leave_most_keywords_unseen(table: pd.DataFrame) -> None:
    assert linear(table, "keyword", 1, count=60) < 0.5


class Convolution(nn.Module):
    """Filters of three widths, the maximum of each over the text, one layer."""

    def __init__(self, num_words: int, widths: tuple[int, ...] = (1, 2, 3)) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_words, 32, padding_idx=0)
        self.filters = nn.ModuleList(nn.Conv1d(32, 32, width) for width in widths)
        self.output = nn.Linear(32 * len(widths), 4)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        x = self.embedding(tokens).transpose(1, 2)
        found = [layer(x).relu().amax(dim=2) for layer in self.filters]
        return self.output(torch.cat(found, dim=1))


class Recurrence(nn.Module):
    """A recurrent layer; the state after the last word decides."""

    def __init__(self, num_words: int, cell: type[nn.RNNBase]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_words, 32, padding_idx=0)
        self.cell = cell(32, 48, batch_first=True)
        self.output = nn.Linear(48, 4)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        states, _ = self.cell(self.embedding(tokens))
        return self.output(states[torch.arange(len(tokens)), lengths - 1])


class Attention(nn.Module):
    """Two encoder layers; the state of the last word decides."""

    def __init__(self, num_words: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_words, 32, padding_idx=0)
        layer = nn.TransformerEncoderLayer(
            32, 2, 64, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.output = nn.LayerNorm(32), nn.Linear(32, 4)
        angle = torch.arange(64)[:, None] / 10_000 ** (torch.arange(0, 32, 2) / 32)
        waves = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
        self.register_buffer("positions", waves)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.positions[: tokens.shape[1]]
        states = self.norm(self.encoder(x, src_key_padding_mask=tokens == 0))
        return self.output(states[torch.arange(len(tokens)), lengths - 1])


def trained(
    table: pd.DataFrame, name: str, build: Any, lr: float, epochs: int
) -> float:
    """Test accuracy of a model after training on the slice, until it knows it all."""
    rows = table[table["slice"] == name]
    vocabulary = Vocabulary.build(rows.loc[rows["split"] == "train", "text"])
    by_split = dict(tuple(rows.groupby("split")))
    train, val, test = (
        text_loader(
            by_split[split]["text"],
            by_split[split]["label"].map(DESKS.index),
            vocabulary,
            batch_size=32,
            seed=0 if split == "train" else None,
        )
        for split in PARTS
    )
    torch.manual_seed(0)
    model = build(len(vocabulary)).double()
    trainer = Trainer(model, torch.optim.Adam(model.parameters(), lr), clip_norm=1.0)
    for epoch in range(epochs):
        if trainer.fit(train, val, epoch + 1).val_accuracy[-1] > 0.97:
            break
    return trainer.evaluate(test)[1]


FAILS = [
    ("phrase", lambda n: BagOfWords(n, 4), 1e-2, 2, 0.32),
    ("order", Convolution, 5e-3, 3, 0.35),
    ("memory", Convolution, 5e-3, 3, 0.35),
    ("memory", lambda n: Recurrence(n, nn.RNN), 3e-3, 8, 0.45),
    ("lookup", lambda n: Recurrence(n, nn.LSTM), 5e-3, 6, 0.5),
]
SUCCEEDS = [
    ("keyword", lambda n: BagOfWords(n, 4), 2e-2, 6, 0.85),
    ("phrase", Convolution, 5e-3, 3, 0.95),
    ("order", lambda n: Recurrence(n, nn.RNN), 3e-3, 10, 0.9),
    ("memory", lambda n: Recurrence(n, nn.GRU), 5e-3, 9, 0.95),
    ("lookup", Attention, 3e-3, 10, 0.9),
]


@pytest.mark.parametrize(("name", "build", "lr", "epochs", "high"), FAILS)
def test_the_last_tool_fails(table, name: str, build, lr, epochs, high) -> None:
    assert trained(table, name, build, lr, epochs) < high


@pytest.mark.parametrize(("name", "build", "lr", "epochs", "low"), SUCCEEDS)
def test_the_next_tool_succeeds(table, name: str, build, lr, epochs, low) -> None:
    assert trained(table, name, build, lr, epochs) > low


# --- the unlabelled corpus and its key


Vectors = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def associations(sentences: list[list[str]]) -> tuple[list[str], Any]:
    """Words, and how much more often than chance two stand within four words (PPMI)."""
    uses = Counter(word for words in sentences for word in words)
    counts = Counter(
        (a, b)
        for words in sentences
        for i, a in enumerate(words)
        for b in words[max(0, i - 4) : i + 5]
        if a != b and min(uses[a], uses[b]) >= 3
    )
    words = sorted({a for a, _ in counts})
    place = {word: i for i, word in enumerate(words)}
    row, column = np.array([(place[a], place[b]) for a, b in counts]).T
    count = np.array(list(counts.values()), dtype=float)
    of_row = np.bincount(row, count)
    of_column = np.bincount(column, count) ** 0.75
    score = np.log(count * of_column.sum() / (of_row[row] * of_column[column]))
    ppmi = csr_matrix((np.maximum(score, 0), (row, column)), shape=(len(words),) * 2)
    return words, ppmi


def compressed(words: list[str], ppmi: Any, dim: int, power: float) -> Vectors:
    """Word vectors of length 1; a higher power keeps to what most words share."""
    U, S, _ = randomized_svd(ppmi, dim, random_state=0)
    X = U * S**power
    return dict(zip(words, X / np.linalg.norm(X, axis=1, keepdims=True), strict=True))


@pytest.fixture(scope="module")
def coarse(associations) -> Vectors:
    return compressed(*associations, dim=30, power=0.5)


@pytest.fixture(scope="module")
def fine(associations) -> Vectors:
    return compressed(*associations, dim=300, power=0.25)


def test_siblings_are_nearer_than_strangers(key, coarse) -> None:
    pairs = key[key["kind"] == "sibling"]
    pairs = pairs[pairs["a"].isin(coarse) & pairs["b"].isin(coarse)]
    assert len(pairs) > 450
    first = np.stack([coarse[word] for word in pairs["a"]])
    second = np.stack([coarse[word] for word in pairs["b"]])
    order = np.random.default_rng(0).permutation(len(pairs))
    strange = pairs["group"].to_numpy() != pairs["group"].to_numpy()[order]
    near = (first * second).sum(axis=1)[strange]
    far = (first * second[order]).sum(axis=1)[strange]
    assert (near > far).mean() > 0.9


def test_vectors_help_where_labels_are_few(table, coarse) -> None:
    train, test = parts(table, "keyword")

    def mean(text: str) -> np.ndarray:
        known = [coarse[word] for word in tokenize(text) if word in coarse]
        return np.mean(known, axis=0)

    X, X_test = (np.stack([*map(mean, p["text"])]) for p in (train[:60], test))
    model = LogisticRegression(C=100, max_iter=500).fit(X, train["label"][:60])
    words_only = linear(table, "keyword", 1, count=60)
    assert model.score(X_test, test["label"]) > words_only + 0.15


@pytest.mark.parametrize("group", ["capitals", "couples"])
def test_analogies_are_solved_by_adding(key, fine, group: str) -> None:
    words, X = list(fine), np.stack(list(fine.values()))
    rows = key[key["group"] == group]
    hits = 0
    for a, b, c, d in rows[["a", "b", "c", "d"]].itertuples(index=False):
        scores = X @ (fine[b] - fine[a] + fine[c])
        scores[[words.index(word) for word in (a, b, c)]] = -np.inf
        hits += words[int(scores.argmax())] == d
    assert hits / len(rows) > 0.8


def test_jobs_go_with_she_as_often_as_the_key_says(key, sentences) -> None:
    jobs = key[key["kind"] == "bias"].set_index("a")["rate"]
    for job, rate in jobs.items():
        said = [
            bool({"she", "her"} & set(words)) for words in sentences if job in words
        ]
        assert np.mean(said) == pytest.approx(rate)


def test_the_key_uses_only_words_of_the_corpus(key, sentences) -> None:
    known = {word for words in sentences for word in words}
    asked = {word for column in "abcd" for word in key[column]} - {""}
    assert asked <= known
