"""Embeddings: words that start out knowing each other.

Made from foundations/12_embeddings.ipynb; edit it there.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from lessons.foundations.utilities import Vocabulary

__all__ = [
    "Array",
    "Ids",
    "analogy",
    "batches",
    "embedding_matrix",
    "most_similar",
    "neighbour_precision",
    "noise_words",
    "pair_gradients",
    "pair_loss",
    "pca",
    "project_out",
    "sigmoid",
    "skip_gram_pairs",
    "thinned",
    "train_skip_gram",
    "unit",
]

# From cell 54c91467 of foundations/12_embeddings.ipynb.
Array = NDArray[np.float64]
Ids = NDArray[np.int64]


# From cell 8df9684c of foundations/12_embeddings.ipynb.
def skip_gram_pairs(sentences: Sequence[Ids], window: int) -> tuple[Ids, Ids]:
    """Every word with every neighbour at most ``window`` places away.

    Args:
        sentences: numbers of words, one array a sentence; pairs never cross an end.
        window: words to either side.

    Returns:
        Centres (N,) and neighbours (N,).
    """
    words = np.concatenate(sentences)
    owner = np.repeat(np.arange(len(sentences)), [len(s) for s in sentences])
    centres, neighbours = [], []
    for d in range(1, window + 1):
        same = owner[d:] == owner[:-d]
        left, right = words[:-d][same], words[d:][same]
        centres += [left, right]
        neighbours += [right, left]
    return np.concatenate(centres), np.concatenate(neighbours)


# From cell 5655d031 of foundations/12_embeddings.ipynb.
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), for x of any size."""
    return np.asarray((1 + np.tanh(x / 2)) / 2)


def pair_loss(v: Array, u: Array, w: Array, num_noise: float) -> float:
    """Loss of skip-gram with negative sampling, summed over a batch.

    Args:
        v: vectors of the centres, (B, D).
        u: vectors of their real neighbours, (B, D).
        w: vectors of the noise words that the batch shares, (M, D).
        num_noise: noise words that each pair counts as, K.
    """
    real, noise = (v * u).sum(axis=1), v @ w.T  # (B,), (B, M)
    weight = num_noise / len(w)
    return float(np.logaddexp(0, -real).sum() + weight * np.logaddexp(0, noise).sum())


def pair_gradients(
    v: Array, u: Array, w: Array, num_noise: float
) -> tuple[Array, Array, Array]:
    """Gradients of ``pair_loss`` by v (B, D), u (B, D) and w (M, D)."""
    pull = sigmoid((v * u).sum(axis=1, keepdims=True)) - 1  # (B, 1)
    push = sigmoid(v @ w.T) * num_noise / len(w)  # (B, M)
    return pull * u + push @ w, pull * v, push.T @ v


# From cell dd5af056 of foundations/12_embeddings.ipynb.
def thinned(
    sentences: Sequence[Ids], counts: Ids, threshold: float, rng: np.random.Generator
) -> list[Ids]:
    """Sentences without padding, unknown words, and some of the frequent words.

    Args:
        sentences: numbers of words, one array a sentence.
        counts: how often each word occurs, (V,).
        threshold: frequency up to which a word is always kept.
        rng: draws what stays.
    """
    frequency = np.maximum(counts, 1) / counts.sum()
    keep = np.minimum(1, np.sqrt(threshold / frequency))
    keep[:2] = 0
    return [s[rng.random(len(s)) < keep[s]] for s in sentences]


def noise_words(counts: Ids, size: int, rng: np.random.Generator) -> Ids:
    """Draw words by their count to the power of 3/4; never padding or unknown."""
    share = np.cumsum(np.r_[0, 0, counts[2:]] ** 0.75)
    drawn = share[-1] * rng.random(size)
    return np.asarray(np.searchsorted(share, drawn, side="right"))


# From cell 8febda38 of foundations/12_embeddings.ipynb.
def batches(
    pairs: tuple[Ids, Ids], counts: Ids, num_epochs: int, size: int, seed: int
) -> Iterator[tuple[float, Ids, Ids, Ids]]:
    """All pairs in random order, epoch by epoch, with 16 noise words a batch.

    Args:
        pairs: centres (N,) and neighbours (N,).
        counts: how often each word occurs, (V,).
        num_epochs: passes over the pairs.
        size: pairs a batch.
        seed: of order and noise.

    Yields:
        The share of the work done, centres (B,), neighbours (B,), noise words (16,).
    """
    rng = np.random.default_rng(seed)
    num_batches = -(-len(pairs[0]) // size)
    for epoch in range(num_epochs):
        order = rng.permutation(len(pairs[0]))
        noise = noise_words(counts, 16 * num_batches, rng).reshape(-1, 16)
        for i, row in enumerate(noise):
            rows = order[i * size : (i + 1) * size]
            done = (epoch + i / num_batches) / num_epochs
            yield done, pairs[0][rows], pairs[1][rows], row


# From cell 912d8b19 of foundations/12_embeddings.ipynb.
def train_skip_gram(
    sentences: Sequence[Ids],
    num_words: int,
    embed_dim: int = 32,
    window: int = 5,
    num_epochs: int = 3,
    lr: float = 0.1,
    batch_size: int = 256,
    seed: int = 0,
) -> Array:
    """Word vectors by skip-gram with negative sampling (Mikolov et al., 2013).

    Each pair counts as many as 5 noise words, out of 16 that its batch shares. Slopes
    are rounded to 5 decimals, so that every processor gives the same vectors.

    Args:
        sentences: numbers of words, one array a sentence; 0 and 1 are left out.
        num_words: V, size of the vocabulary.
        embed_dim: D.
        window: words to either side.
        num_epochs: passes over all pairs.
        lr: first learning rate; it falls to 0 in a straight line.
        batch_size: pairs a step. Their gradients are summed: with more, lower lr.
        seed: of start, thinning, order and noise.

    Returns:
        The vectors of the centres, (V, D).
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(np.concatenate(sentences), minlength=num_words)
    pairs = skip_gram_pairs(thinned(sentences, counts, 1e-3, rng), window)
    V = rng.uniform(-0.5, 0.5, (num_words, embed_dim)) / embed_dim
    U = np.zeros_like(V)
    for done, c, o, n in batches(pairs, counts, num_epochs, batch_size, seed):
        dv, du, dw = pair_gradients(V[c], U[o], U[n], 5)
        for vectors, rows, slope in ((V, c, dv), (U, o, du), (U, n, dw)):
            np.add.at(vectors, rows, lr * (done - 1) * slope.round(5))
    return V


# From cell 244287f6 of foundations/12_embeddings.ipynb.
def unit(vectors: Array) -> Array:
    """Vectors (..., D) scaled to length 1; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length == 0, 1, length))


def most_similar(
    words: Sequence[str], vectors: Array, word: str, num: int = 5
) -> list[tuple[str, float]]:
    """The nearest other words by cosine similarity, the nearest first.

    Args:
        words: V words.
        vectors: their vectors, (V, D).
        word: one of them.
        num: how many.

    Raises:
        ValueError: if the word is not among the words.
    """
    me = words.index(word)
    similarity = unit(vectors) @ unit(vectors[me])  # (V,)
    order = [i for i in np.argsort(-similarity, kind="stable") if i != me]
    return [(words[i], float(similarity[i])) for i in order[:num]]


# From cell 06c2e55b of foundations/12_embeddings.ipynb.
def pca(X: Array, num_axes: int = 2) -> tuple[Array, Array]:
    """Coordinates (N, num_axes) on the axes of greatest variance, and its shares.

    The sign of an axis is a convention: its largest entry by size is positive.

    Args:
        X: rows, (N, D).
        num_axes: at most D.

    Returns:
        The coordinates, and the fraction of the variance on each axis (num_axes,).
    """
    centred = X - X.mean(axis=0)
    _, s, axes = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return centred @ axes[:num_axes].T, s[:num_axes] ** 2 / (s**2).sum()


# From cell 5219ccdb of foundations/12_embeddings.ipynb.
def neighbour_precision(vectors: Array, labels: NDArray[np.str_], k: int = 5) -> Array:
    """For each row, the share of its k nearest others that carry its label.

    Args:
        vectors: (N, D), compared by cosine.
        labels: (N,).
        k: neighbours a row, less than N.

    Returns:
        Precisions, (N,).
    """
    similarity = unit(vectors) @ unit(vectors).T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]  # (N, k)
    return np.asarray((labels[nearest] == labels[:, None]).mean(axis=1))


# From cell a6a491c5 of foundations/12_embeddings.ipynb.
def analogy(
    words: Sequence[str],
    vectors: Array,
    a: str,
    b: str,
    c: str,
    exclude: bool = True,
) -> str:
    """Answer "a is to b as c is to …?" with the word nearest to b - a + c.

    Args:
        words: V words.
        vectors: their vectors, (V, D); used at length 1.
        a: first word of the known pair.
        b: second word of the known pair.
        c: first word of the pair to complete.
        exclude: forbid a, b and c as the answer, as is customary.

    Raises:
        ValueError: if a, b or c is not among the words.
    """
    Z, asked = unit(vectors), [words.index(word) for word in (a, b, c)]
    similarity = Z @ (Z[asked[1]] - Z[asked[0]] + Z[asked[2]])
    if exclude:
        similarity[asked] = -np.inf
    return words[int(similarity.argmax())]


# From cell d2792e25 of foundations/12_embeddings.ipynb.
def embedding_matrix(
    vocabulary: Vocabulary, vectors: Mapping[str, Array], seed: int = 0
) -> Tensor:
    """Weights to start an ``nn.Embedding`` from, as large as its own start.

    Args:
        vocabulary: of the network, V words.
        vectors: known words and their vectors (D,); a dict, or gensim's KeyedVectors.
        seed: of the random vectors for words that are not known.

    Returns:
        A float64 tensor (V, D) whose row i belongs to word i; padding is zero, and
        the known vectors have a standard deviation of 1 together.

    Raises:
        ValueError: if no word of the vocabulary is known.
    """
    known = [i for i, word in enumerate(vocabulary.words) if word in vectors]
    if not known:
        raise ValueError("vectors: no word of the vocabulary; check case and language")
    rows = np.array([vectors[vocabulary.words[i]] for i in known], dtype=np.float64)
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(len(vocabulary), rows.shape[1]))
    weights[known] = rows / rows.std()
    weights[0] = 0
    return from_numpy(weights)


# From cell 534ceea5 of foundations/12_embeddings.ipynb.
def project_out(vectors: Array, direction: Array) -> Array:
    """Vectors (..., D) without their part along a direction (D,) of any length."""
    axis = unit(direction)
    return np.asarray(vectors - (vectors @ axis)[..., None] * axis)
