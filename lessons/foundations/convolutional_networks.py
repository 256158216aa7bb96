"""Convolutional networks: one small window, looked through everywhere.

Made from foundations/11_convolutional_networks.ipynb; edit it there.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "BatchNorm",
    "TextCNN",
    "WordFilters",
    "conv1d",
    "conv2d",
    "output_length",
    "receptive_field",
]


# From cell fdf267e0 of foundations/11_convolutional_networks.ipynb.
def output_length(length: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Number of places at which a window fits along one axis.

    Args:
        length: cells along the axis, W.
        kernel: cells that the window covers, F.
        stride: cells from one place to the next, S.
        padding: cells added at each end, P.

    Raises:
        ValueError: if the window does not fit at all.
    """
    room = length - kernel + 2 * padding
    if room < 0:
        raise ValueError(f"a window of {kernel} does not fit {length} + 2 · {padding}")
    return room // stride + 1


# From cell 511093da of foundations/11_convolutional_networks.ipynb.
def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
) -> Tensor:
    """Slide filters along a sequence; ``torch.nn.functional.conv1d`` in five lines.

    Args:
        x: channels by positions, (B, C, T).
        weight: F filters over C channels and K positions, (F, C, K).
        bias: one number a filter, (F,).
        stride: positions from one window to the next.
        padding: zeros added at each end.

    Returns:
        What each filter answers at each place, (B, F, output_length(T, K, …)).
    """
    x = functional.pad(x, (padding, padding))
    windows = x.unfold(2, weight.shape[2], stride)  # (B, C, T_out, K), a view
    out = torch.einsum("bctk,fck->bft", windows, weight)
    return out if bias is None else out + bias[:, None]


# From cell 0847f3e2 of foundations/11_convolutional_networks.ipynb.
def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
) -> Tensor:
    """Slide filters over a picture; ``torch.nn.functional.conv2d`` in six lines.

    Args:
        x: channels by rows by columns, (B, C, H, W).
        weight: F filters over C channels and a patch of J by K, (F, C, J, K).
        bias: one number a filter, (F,).
        stride: cells from one patch to the next, down and across.
        padding: zeros added on each side.

    Returns:
        What each filter answers at each place, (B, F, H_out, W_out).
    """
    J, K = weight.shape[2:]
    x = functional.pad(x, (padding,) * 4)
    patches = x.unfold(2, J, stride).unfold(3, K, stride)  # (B, C, H_out, W_out, J, K)
    out = torch.einsum("bchwjk,fcjk->bfhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


# From cell 15d45251 of foundations/11_convolutional_networks.ipynb.
def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """How many cells of the input one cell of the last layer depends on.

    Args:
        layers: kernel and stride of each convolution or pooling, first layer first.
    """
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


# From cell d67ae17d of foundations/11_convolutional_networks.ipynb.
class BatchNorm(nn.Module):
    """Batch normalisation (Ioffe and Szegedy, 2015), as ``torch.nn.BatchNorm1d``.

    Args:
        num_channels: C.

    Attributes:
        momentum: share of a new batch in the running mean and variance.
        eps: added to the variance before its root.
        gamma: scale that is learnt, (C,).
        beta: shift that is learnt, (C,).
        mean: running mean of the batches seen in training, (C,).
        var: running unbiased variance, (C,).
    """

    mean: Tensor
    var: Tensor
    momentum, eps = 0.1, 1e-5

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(num_channels))
        self.beta = nn.Parameter(torch.zeros(num_channels))
        self.register_buffer("mean", torch.zeros(num_channels))
        self.register_buffer("var", torch.ones(num_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C) or (B, C, …), each channel over batch and positions."""
        rows = x.transpose(0, 1).flatten(1)  # (C, B · positions)
        mean, var = self.mean, self.var
        if self.training:
            mean, var = rows.mean(dim=1), rows.var(dim=1, correction=0)
            self.mean.lerp_(mean.detach(), self.momentum)
            self.var.lerp_(rows.detach().var(dim=1), self.momentum)
        shape = (-1, *[1] * (x.ndim - 2))  # (C,) or (C, 1, …)
        z = (x - mean.view(shape)) / (var + self.eps).sqrt().view(shape)
        return self.gamma.view(shape) * z + self.beta.view(shape)


# From cell c70f611d of foundations/11_convolutional_networks.ipynb.
class WordFilters(nn.Conv1d):
    """A convolution with one answer a word, from 0 up: for the window beginning there.

    Windows that reach over the end see zeros.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return (B, F, T) for word vectors (B, D, T)."""
        wide = functional.pad(input, (0, self.kernel_size[0] - 1))
        return super().forward(wide).relu()


def _table(num_words: int, embed_dim: int, vectors: Tensor | None) -> nn.Embedding:
    """Word vectors, random or a copy of these; that of the padding is zero."""
    if vectors is None:
        return nn.Embedding(num_words, embed_dim, padding_idx=0)
    table = nn.Embedding(len(vectors), vectors.shape[1], padding_idx=0)
    table.load_state_dict({"weight": vectors})
    nn.init.zeros_(table.weight[0])
    return table


# From cell f9a515cb of foundations/11_convolutional_networks.ipynb.
class TextCNN(nn.Module):
    """Filters of several widths over word vectors, max-pooled, then one linear layer.

    After Y. Kim (2014). Padding never reaches the pool: a text's logits do not depend
    on the other texts of its batch.

    Args:
        num_words: size of the vocabulary; word 0 is padding.
        num_classes: C.
        embed_dim: length D of a word vector.
        widths: words under a filter, one convolution each.
        num_filters: F, filters of each width.
        embeddings: vectors to start from, (num_words, D), instead of random ones;
            copied, and row 0 set to zero.
    """

    def __init__(
        self,
        num_words: int,
        num_classes: int,
        embed_dim: int = 32,
        widths: Sequence[int] = (1, 2, 3),
        num_filters: int = 32,
        embeddings: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.embedding = _table(num_words, embed_dim, embeddings)
        dim = self.embedding.embedding_dim
        self.widths = tuple(widths)
        self.convs = nn.ModuleList(WordFilters(dim, num_filters, K) for K in widths)
        self.output = nn.Linear(len(widths) * num_filters, num_classes)

    def activations(self, tokens: Tensor, lengths: Tensor) -> list[Tensor]:
        """What the filters of each width answer at each word, (B, F, T); padding 0."""
        x = self.embedding(tokens).transpose(1, 2)  # (B, D, T)
        real = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
        return [conv(x) * real[:, None] for conv in self.convs]

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return logits (B, C) for tokens (B, T) of these lengths (B,)."""
        pooled = [maps.amax(dim=2) for maps in self.activations(tokens, lengths)]
        logits: Tensor = self.output(torch.cat(pooled, dim=1))  # pooled: (B, F) a width
        return logits
