"""Lesson 12's module against PyTorch, scikit-learn, gensim and brute force."""

import math

import numpy as np
import pytest
import torch
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torch.nn import functional

from lessons.foundations.embeddings import (
    analogy,
    batches,
    embedding_matrix,
    most_similar,
    neighbour_precision,
    noise_words,
    pair_gradients,
    pair_loss,
    pca,
    project_out,
    skip_gram_pairs,
    thinned,
    train_skip_gram,
    unit,
)
from lessons.foundations.utilities import Vocabulary

relaxed = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**31)


@relaxed
@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5),
    window=st.integers(1, 8),
)
def test_pairs_are_those_of_two_loops(lengths: list[int], window: int) -> None:
    starts = np.cumsum([0, *lengths])
    sentences = [np.arange(a, a + n) for a, n in zip(starts, lengths, strict=False)]
    slow = [
        (int(c), int(o))
        for s in sentences
        for c in s
        for o in s
        if 0 < abs(c - o) <= window
    ]
    centres, neighbours = skip_gram_pairs(sentences, window)
    assert sorted(zip(centres.tolist(), neighbours.tolist(), strict=True)) == sorted(
        slow
    )


@relaxed
@given(seed=seeds, B=st.integers(1, 5), M=st.integers(1, 6), D=st.integers(1, 4))
def test_loss_and_gradients_are_those_of_torch(
    seed: int, B: int, M: int, D: int
) -> None:
    rng = np.random.default_rng(seed)
    parts = [3 * rng.normal(size=(rows, D)) for rows in (B, B, M)]
    v, u, w = (torch.tensor(part, requires_grad=True) for part in parts)
    real = functional.logsigmoid((v * u).sum(dim=1)).sum()
    noise = functional.logsigmoid(-v @ w.T).sum() * 5 / M
    (-real - noise).backward()
    assert math.isclose(pair_loss(*parts, 5), (-real - noise).item(), rel_tol=1e-9)
    for ours, theirs in zip(pair_gradients(*parts, 5), (v, u, w), strict=True):
        assert np.allclose(ours, theirs.grad)


def test_huge_products_do_not_overflow() -> None:
    v = np.array([[1000.0]])
    with np.errstate(over="raise", invalid="raise"):
        assert pair_loss(v, -v, v, 5) == 6e6
        assert all(np.isfinite(g).all() for g in pair_gradients(v, -v, v, 5))


def test_frequent_words_are_thinned_to_the_root() -> None:
    counts = np.array([0, 50, 9_000, 1_000])
    text = np.repeat(np.arange(4), counts)
    (kept,) = thinned([text], counts, 0.1, np.random.default_rng(0))
    share = np.bincount(kept, minlength=4)[2:] / counts[2:]
    wanted = np.minimum(1, np.sqrt(0.1 * counts.sum() / counts[2:]))
    assert set(kept) == {2, 3}
    assert np.allclose(share, wanted, atol=0.02)


def test_noise_follows_the_power_of_the_counts() -> None:
    counts = np.array([7, 900, 1, 16, 81, 0])
    drawn = noise_words(counts, 40_000, np.random.default_rng(0))
    share = np.bincount(drawn, minlength=6) / 40_000
    assert np.allclose(share, np.array([0, 0, 1, 8, 27, 0]) / 36, atol=0.01)


@relaxed
@given(seed=seeds, size=st.integers(1, 9), num_epochs=st.integers(1, 3))
def test_every_pair_comes_once_an_epoch(seed: int, size: int, num_epochs: int) -> None:
    pairs = np.arange(2, 12), np.arange(22, 32)
    parts = list(batches(pairs, np.ones(32, dtype=int), num_epochs, size, seed))
    centres = np.concatenate([c for _, c, _, _ in parts])
    assert sorted(centres) == sorted([*range(2, 12)] * num_epochs)
    assert all((o == c + 20).all() for _, c, o, _ in parts)
    done = [share for share, *_ in parts]
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] < 1


def test_words_of_one_context_come_together() -> None:
    rng = np.random.default_rng(0)
    sides = np.arange(2, 42).reshape(2, 20)
    sentences = [rng.choice(sides[i % 2], 6) for i in range(1000)]
    options = {"embed_dim": 8, "num_epochs": 5, "batch_size": 32}
    V = train_skip_gram(sentences, 42, **options)
    labels = np.repeat(["left", "right"], 20)
    assert neighbour_precision(V[2:], labels).mean() > 0.95
    assert np.array_equal(V, train_skip_gram(sentences, 42, **options))


@relaxed
@given(seed=seeds, N=st.integers(5, 12), D=st.integers(2, 5))
def test_neighbours_are_those_of_gensim_and_scikit_learn(
    seed: int, N: int, D: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(N, D)).astype(np.float32).astype(float)
    words = [f"w{i}" for i in range(N)]
    theirs = KeyedVectors(D)
    theirs.add_vectors(words, vectors)
    near = most_similar(words, vectors, "w1", 3)
    wanted = theirs.most_similar("w1", topn=3)
    assert np.allclose([c for _, c in near], [c for _, c in wanted], atol=1e-5)
    asked = {"positive": ["w1", "w2"], "negative": ["w0"]}
    (best, first), (_, second) = theirs.most_similar(**asked, topn=2)
    assert analogy(words, vectors, "w0", "w1", "w2") == best or first - second < 1e-4
    labels = rng.choice(["a", "b"], N)
    finder = NearestNeighbors(n_neighbors=3, metric="cosine").fit(vectors)
    rows = finder.kneighbors(return_distance=False)
    precision = (labels[rows] == labels[:, None]).mean(axis=1)
    assert np.allclose(neighbour_precision(vectors, labels, 3), precision)


def test_the_inputs_may_be_answers_if_allowed() -> None:
    words = ["a", "b", "c", "d"]
    vectors = np.array([[1, 0.0], [0.9, 0.1], [0, 1], [0.5, 0.5]])
    assert analogy(words, vectors, "a", "b", "c") == "d"
    assert analogy(words, vectors, "a", "b", "c", exclude=False) == "c"
    with pytest.raises(ValueError, match="z"):
        analogy(words, vectors, "a", "b", "z")


@relaxed
@given(seed=seeds, N=st.integers(4, 12), D=st.integers(2, 5))
def test_pca_is_that_of_scikit_learn(seed: int, N: int, D: int) -> None:
    X = np.random.default_rng(seed).normal(size=(N, D)) * np.arange(1, D + 1)
    places, shares = pca(X)
    theirs = PCA(2, svd_solver="full").fit(X)
    wanted = theirs.transform(X)
    assert np.allclose(shares, theirs.explained_variance_ratio_)
    assert np.allclose(places * np.sign((places * wanted).sum(axis=0)), wanted)


@relaxed
@given(seed=seeds, scale=st.floats(0.01, 100))
def test_nothing_is_left_along_a_direction(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    vectors, direction = rng.normal(size=(4, 3)), rng.normal(size=3)
    left = project_out(vectors, scale * direction)
    assert np.allclose(left @ direction, 0)
    assert np.allclose(left, project_out(left, direction))
    across = np.cross(direction, [1, 2, 3])
    assert np.allclose(left @ across, vectors @ across)


def test_unit_vectors_and_zero() -> None:
    assert np.allclose(unit(np.array([[3, 4], [0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_row_i_belongs_to_word_i() -> None:
    vocabulary = Vocabulary(["tuba", "oboe", "new"])
    vectors = {"oboe": np.array([1.0, 2]), "tuba": np.array([3.0, -4])}
    weights = embedding_matrix(vocabulary, vectors)
    assert weights.shape == (5, 2)
    assert weights.dtype == torch.float64
    assert not weights[0].any()
    assert math.isclose(weights[2:4].std(correction=0), 1)
    layer = nn.Embedding.from_pretrained(weights)
    oboe, tuba = layer(torch.tensor(vocabulary.encode("oboe tuba")))
    assert torch.allclose(oboe / oboe[0], torch.tensor([1.0, 2]).double())
    assert torch.allclose(tuba / tuba[0], torch.tensor([3.0, -4]).double() / 3)


def test_vectors_of_another_language_are_refused() -> None:
    with pytest.raises(ValueError, match="no word of the vocabulary"):
        embedding_matrix(Vocabulary(["oboe"]), {"Oboe": np.ones(2)})
