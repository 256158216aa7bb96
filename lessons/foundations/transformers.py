"""Transformers: looking back.

Made from foundations/14_transformers.ipynb; edit it there.
"""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn

from lessons.foundations.recurrent_networks import last_state

__all__ = [
    "Encoder",
    "EncoderBlock",
    "EncoderClassifier",
    "LanguageModel",
    "MultiHeadAttention",
    "attention",
    "causal_mask",
    "join_pair",
    "learn_merges",
    "padding_mask",
    "position_table",
    "sinusoidal_positions",
    "split_word",
]


# From cell b642cf78 of foundations/14_transformers.ipynb.
def attention(
    Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention (Vaswani and others, 2017).

    Args:
        Q: queries, (..., T, d).
        K: keys, (..., S, d).
        V: values, (..., S, d_v).
        mask: true where a query may look, broadcast to (..., T, S); each query has to
            be left at least one key.

    Returns:
        The values' weighted means (..., T, d_v), and the weights (..., T, S).
    """
    scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])  # (..., T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    return weights @ V, weights


# From cell 7a26dd6e of foundations/14_transformers.ipynb.
def sinusoidal_positions(num_positions: int, dim: int) -> Tensor:
    """A vector for each place in a text: sines and cosines of growing wavelength.

    Args:
        num_positions: T.
        dim: D, even.

    Returns:
        (T, D), float64: entries 2i and 2i + 1 are the sine and the cosine of
        t / 10,000^(2i / D).
    """
    t = torch.arange(num_positions, dtype=torch.float64)[:, None]  # (T, 1)
    i = torch.arange(0, dim, 2, dtype=torch.float64)  # (D / 2,)
    angle = t / 10_000 ** (i / dim)  # (T, D / 2)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def position_table(kind: str, num_positions: int, dim: int) -> Tensor:
    """What is added to the words of a text to say where they stand, (T, D).

    Args:
        kind: "learned" starts from normal random numbers; "sinusoidal"; "none" is 0.
        num_positions: T.
        dim: D, even.

    Raises:
        ValueError: if there is no such kind.
    """
    if kind == "learned":
        return 0.5 * torch.randn(num_positions, dim)
    if kind == "sinusoidal":
        return sinusoidal_positions(num_positions, dim).to(torch.get_default_dtype())
    if kind == "none":
        return torch.zeros(num_positions, dim)
    raise ValueError(f"no positions {kind!r}; choose learned, sinusoidal or none")


# From cell 7c63d4e5 of foundations/14_transformers.ipynb.
class MultiHeadAttention(nn.Module):
    """Self-attention by several heads, each with a share of the dimensions.

    Args:
        dim: D, length of a token's vector.
        num_heads: H; must divide D.

    Raises:
        ValueError: if it does not.
    """

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        if dim % num_heads:
            raise ValueError(f"{num_heads} heads cannot share {dim} dimensions evenly")
        self.num_heads = num_heads
        self.in_proj = nn.Linear(dim, 3 * dim)  # Q, K and V in one product
        self.out_proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (B, T, D) and the weights (B, H, T, T) for x (B, T, D)."""
        B, T, D = x.shape
        parts = self.in_proj(x).view(B, T, 3, self.num_heads, D // self.num_heads)
        Q, K, V = parts.permute(2, 0, 3, 1, 4)  # each (B, H, T, D / H)
        context, weights = attention(Q, K, V, mask)
        return self.out_proj(context.transpose(1, 2).flatten(2)), weights


# From cell 1c79f440 of foundations/14_transformers.ipynb.
class EncoderBlock(nn.Module):
    """Attention between the words, then a small network for each word.

    Each half sees normalised input and adds a change to what came in ("pre-norm").

    Args:
        dim: D.
        num_heads: H.
        hidden_dim: width of the small network.
    """

    def __init__(self, dim: int, num_heads: int, hidden_dim: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(dim, num_heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, dim)
        )
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (B, T, D) and the weights (B, H, T, T) for x (B, T, D)."""
        change, weights = self.attention(self.norm1(x), mask)
        x = x + change
        return x + self.feed_forward(self.norm2(x)), weights


# From cell 59185684 of foundations/14_transformers.ipynb.
def padding_mask(lengths: Tensor, num_positions: int) -> Tensor:
    """Let no query look at padding: true for real keys, (B, 1, 1, T).

    Args:
        lengths: number of real tokens, (B,).
        num_positions: T.
    """
    positions = torch.arange(num_positions, device=lengths.device)
    return (positions < lengths[:, None])[:, None, None]


def causal_mask(num_positions: int) -> Tensor:
    """Let each query look at itself and at what came before it: (T, T)."""
    return torch.ones(num_positions, num_positions, dtype=torch.bool).tril()


# From cell 70cbe063 of foundations/14_transformers.ipynb.
class Encoder(nn.Module):
    """Words and places, then a stack of encoder blocks.

    Args:
        num_words: size of the vocabulary; word 0 is padding.
        dim: D, even.
        num_heads: H.
        num_layers: number of blocks.
        positions: "learned", "sinusoidal" or "none".
        max_length: how many places a learned table has.
    """

    def __init__(
        self,
        num_words: int,
        dim: int = 32,
        num_heads: int = 2,
        num_layers: int = 2,
        positions: str = "learned",
        max_length: int = 64,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_words, dim, padding_idx=0)
        self.places = nn.Parameter(position_table(positions, max_length, dim))
        self.places.requires_grad_(positions == "learned")
        blocks = (EncoderBlock(dim, num_heads, 2 * dim) for _ in range(num_layers))
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(dim)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return states (B, T, D) and attention maps (layers, B, H, T, T).

        Args:
            tokens: words as numbers, (B, T).
            mask: true where a query may look, broadcast to (B, H, T, T).

        Raises:
            ValueError: if T is larger than max_length.
        """
        num_words, limit = tokens.shape[1], len(self.places)
        if num_words > limit:
            raise ValueError(f"{num_words} words, places for {limit}: raise max_length")
        x, maps = self.embedding(tokens) + self.places[:num_words], []  # (B, T, D)
        for block in self.blocks:
            x, weights = block(x, mask)
            maps.append(weights)
        return self.norm(x), torch.stack(maps)


# From cell 6582f3ee of foundations/14_transformers.ipynb.
class EncoderClassifier(nn.Module):
    """Encode a text and classify the state of its last real word.

    Args:
        num_words: size of the vocabulary; word 0 is padding.
        num_classes: C.
        dim: D, even.
        num_heads: H.
        num_layers: number of blocks.
        positions: "learned", "sinusoidal" or "none".
    """

    def __init__(
        self,
        num_words: int,
        num_classes: int,
        dim: int = 32,
        num_heads: int = 2,
        num_layers: int = 2,
        positions: str = "learned",
    ) -> None:
        super().__init__()
        self.encoder = Encoder(num_words, dim, num_heads, num_layers, positions)
        self.output = nn.Linear(dim, num_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return logits (B, C) for tokens (B, T) of these lengths (B,)."""
        mask = padding_mask(lengths, tokens.shape[1])
        states, _ = self.encoder(tokens, mask)  # (B, T, D)
        logits: Tensor = self.output(last_state(states, lengths))
        return logits

    @torch.no_grad()
    def heads(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return the attention maps, (layers, B, H, T, T), without gradients."""
        mask = padding_mask(lengths, tokens.shape[1])
        maps: Tensor = self.encoder(tokens, mask)[1]
        return maps


# From cell 3f7abcc1 of foundations/14_transformers.ipynb.
def join_pair(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """Join each occurrence of two neighbouring pieces into one.

    Args:
        parts: the pieces of a word, in order.
        pair: the two pieces.
    """
    joined: list[str] = []
    for part in parts:
        if joined and (joined[-1], part) == pair:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


# From cell 99b02373 of foundations/14_transformers.ipynb.
def learn_merges(words: Iterable[str], num_merges: int) -> list[tuple[str, str]]:
    """Learn sub-words by byte-pair encoding (Sennrich and others, 2016).

    Args:
        words: a corpus, word by word; frequent words count more.
        num_merges: how often to join the commonest pair of neighbours.

    Returns:
        The pairs, in the order in which they were joined.
    """
    counts, merges = Counter(words), []
    pieces = {word: [*word, "_"] for word in counts}  # _ ends a word
    for _ in range(num_merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in pieces.items():
            for pair in pairwise(parts):
                pairs[pair] += counts[word]
        if not pairs:
            break
        merges.append(min(pairs, key=lambda pair: (-pairs[pair], pair)))
        pieces = {word: join_pair(parts, merges[-1]) for word, parts in pieces.items()}
    return merges


def split_word(word: str, merges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the pieces of a word, known or not: make the merges in their order."""
    parts = [*word, "_"]
    for pair in merges:
        parts = join_pair(parts, pair)
    return parts


# From cell 072c48c2 of foundations/14_transformers.ipynb.
class LanguageModel(nn.Module):
    """An encoder that says which word belongs at each place.

    Args:
        encoder: its table of word vectors also reads the words out.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.bias = nn.Parameter(torch.zeros(len(encoder.embedding.weight)))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return logits (B, T, num_words); tokens and mask as for the encoder."""
        states, _ = self.encoder(tokens, mask)
        scores = states @ self.encoder.embedding.weight.T  # (B, T, num_words)
        logits: Tensor = scores / math.sqrt(states.shape[-1]) + self.bias
        return logits
