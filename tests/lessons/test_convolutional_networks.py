"""Lesson 11's module against PyTorch, NumPy and brute force."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d
from torch import nn
from torch.nn import functional

from lessons.exercises import convolutional_networks as exercises
from lessons.foundations.convolutional_networks import (
    BatchNorm,
    TextCNN,
    WordFilters,
    conv1d,
    conv2d,
    output_length,
    receptive_field,
)

relaxed = settings(max_examples=25, deadline=None)
small = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, *sizes: tuple[int, ...]) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(size, generator=rng, dtype=torch.float64) for size in sizes]


@relaxed
@given(small, small, small, small, small, st.integers(0, 3), st.integers(0, 6), seeds)
def test_conv1d_is_torchs(B, C, F, K, S, P, more, seed) -> None:
    x, w, b = drawn(seed, (B, C, K + more), (F, C, K), (F,))
    torch.testing.assert_close(
        conv1d(x, w, b, S, P), functional.conv1d(x, w, b, S, P), rtol=1e-9, atol=1e-9
    )
    torch.testing.assert_close(
        conv1d(x, w), functional.conv1d(x, w), rtol=1e-9, atol=1e-9
    )


@relaxed
@given(small, small, small, small, small, small, st.integers(0, 3), seeds)
def test_conv2d_is_torchs(B, C, F, J, K, S, P, seed) -> None:
    x, w, b = drawn(seed, (B, C, J + 2, K + 4), (F, C, J, K), (F,))
    torch.testing.assert_close(
        conv2d(x, w, b, S, P), functional.conv2d(x, w, b, S, P), rtol=1e-9, atol=1e-9
    )


def test_conv1d_is_numpys_with_the_kernel_reversed() -> None:
    x, w = drawn(0, (1, 1, 20), (1, 1, 5))
    theirs = np.convolve(x[0, 0].numpy(), w[0, 0].numpy()[::-1], mode="valid")
    np.testing.assert_allclose(conv1d(x, w)[0, 0].numpy(), theirs)


def test_conv2d_is_scipys_correlation() -> None:
    x, w = drawn(0, (1, 1, 9, 7), (1, 1, 3, 2))
    theirs = correlate2d(x[0, 0].numpy(), w[0, 0].numpy(), mode="valid")
    np.testing.assert_allclose(conv2d(x, w)[0, 0].numpy(), theirs)


@relaxed
@given(small, small, small, st.integers(0, 2), seeds)
def test_the_gradient_of_conv1d_is_torchs(C, F, K, P, seed) -> None:
    grads = []
    for convolve in (conv1d, functional.conv1d):
        leaves = [part.requires_grad_() for part in drawn(seed, (2, C, 7), (F, C, K))]
        convolve(*leaves, stride=2, padding=P).pow(2).sum().backward()
        grads.append([leaf.grad for leaf in leaves])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)


@relaxed
@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 5), st.integers(0, 4))
def test_output_length_counts_the_windows(W, F, S, P) -> None:
    starts = [t for t in range(0, W + 2 * P, S) if t + F <= W + 2 * P]
    if starts:
        assert output_length(W, F, S, P) == len(starts)
    else:
        with pytest.raises(ValueError, match=f"a window of {F} does not fit {W}"):
            output_length(W, F, S, P)


@relaxed
@given(st.lists(st.tuples(small, small), max_size=4))
def test_receptive_field_spans_the_cells_that_reach_an_answer(layers) -> None:
    cells = {0}
    for kernel, stride in reversed(layers):
        cells = {cell * stride + k for cell in cells for k in range(kernel)}
    assert receptive_field(layers) == max(cells) - min(cells) + 1


def test_receptive_field_is_what_a_gradient_reaches() -> None:
    x = torch.zeros(1, 1, 60, requires_grad=True)
    layers = [nn.Conv1d(1, 1, 3, 2), nn.AvgPool1d(2, 2), nn.Conv1d(1, 1, 4)]
    for layer in layers:
        for parameter in layer.parameters():
            nn.init.ones_(parameter)
    nn.Sequential(*layers)(x)[0, 0, 3].backward()
    assert int((x.grad != 0).sum()) == receptive_field([(3, 2), (2, 2), (4, 1)])


@relaxed
@given(st.integers(2, 6), small, st.lists(small, max_size=2), seeds)
def test_batch_norm_is_torchs(B, C, places, seed) -> None:
    theirs = (nn.BatchNorm1d if len(places) < 2 else nn.BatchNorm2d)(C).double()
    ours = BatchNorm(C).double()
    gamma, beta, *batches = drawn(seed, (C,), (C,), *[(B, C, *places)] * 3)
    with torch.no_grad():
        for parameter, value in zip(
            [ours.gamma, theirs.weight, ours.beta, theirs.bias],
            [gamma, gamma, beta, beta],
            strict=True,
        ):
            parameter.copy_(value)
    for batch in batches:
        torch.testing.assert_close(ours(batch), theirs(batch), rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.var, theirs.running_var)
    in_use = ours.eval()(batches[0]), theirs.eval()(batches[0])
    torch.testing.assert_close(*in_use)
    for key, value in ours.state_dict().items():
        assert torch.isfinite(value).all(), key


def test_batch_norm_in_use_does_not_look_at_the_batch() -> None:
    norm = BatchNorm(3).double()
    (x,) = drawn(0, (8, 3))
    norm(x)
    norm.eval()
    before = norm.mean.clone()
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))
    torch.testing.assert_close(norm.mean, before)


def text_cnn(**options) -> TextCNN:
    torch.manual_seed(0)
    return TextCNN(9, 3, embed_dim=4, num_filters=5, **options).double()


TOKENS = torch.tensor([[2, 3, 4, 5], [6, 7, 0, 0], [8, 0, 0, 0]])
LENGTHS = torch.tensor([4, 2, 1])


def by_hand(model: TextCNN, ids: list[int]) -> torch.Tensor:
    """Window by window, in loops."""
    pooled = []
    for conv in model.convs:
        K = conv.kernel_size[0]
        rows = [model.embedding.weight[i] for i in ids] + [torch.zeros(4).double()] * K
        for weight, bias in zip(conv.weight, conv.bias, strict=True):
            answers = [
                bias + sum(weight[:, k] @ rows[t + k] for k in range(K))
                for t in range(len(ids))
            ]
            pooled.append(max(0.0, *(float(answer) for answer in answers)))
    return model.output(torch.tensor(pooled).double())


@pytest.mark.parametrize("widths", [(1, 2, 3), (2,), (5, 1)])
def test_text_cnn_is_what_it_says(widths) -> None:
    model = text_cnn(widths=widths)
    with torch.no_grad():
        logits = model(TOKENS, LENGTHS)
        for row, length, ours in zip(TOKENS, LENGTHS, logits, strict=True):
            torch.testing.assert_close(ours, by_hand(model, row[:length].tolist()))


def test_company_and_padding_change_nothing() -> None:
    model = text_cnn()
    with torch.no_grad():
        for conv in model.convs:
            conv.bias.fill_(3.0)
        together = model(functional.pad(TOKENS, (0, 30)), LENGTHS)
        for row, length, logits in zip(TOKENS, LENGTHS, together, strict=True):
            alone = model(row[None, :length], length[None])
            torch.testing.assert_close(alone[0], logits)
    maps = model.activations(TOKENS, LENGTHS)
    assert [answers.shape for answers in maps] == [(3, 5, 4)] * 3
    assert all((answers[2, :, 1:] == 0).all() for answers in maps)


def test_text_cnn_starts_from_given_vectors() -> None:
    (vectors,) = drawn(0, (9, 6))
    model = TextCNN(9, 3, widths=(2,), num_filters=5, embeddings=vectors)
    torch.testing.assert_close(model.embedding.weight[1:], vectors[1:].float())
    assert (model.embedding.weight[0] == 0).all()
    assert model(TOKENS, LENGTHS).shape == (3, 3)
    with torch.no_grad():
        model.embedding.weight.fill_(1)
    assert (vectors != 1).all()
    model(TOKENS, LENGTHS).sum().backward()
    assert (model.embedding.weight.grad[0] == 0).all()


def test_the_number_of_weights() -> None:
    model = TextCNN(50, 4, embed_dim=8, widths=(1, 3), num_filters=6)
    counted = 50 * 8 + 6 * (8 + 1) + 6 * (3 * 8 + 1) + (2 * 6 + 1) * 4
    assert sum(p.numel() for p in model.parameters()) == counted


def test_word_filters_answer_once_a_word() -> None:
    filters = WordFilters(4, 2, 3).double()
    (x,) = drawn(0, (1, 4, 5))
    plain = functional.conv1d(x, filters.weight, filters.bias)
    torch.testing.assert_close(filters(x)[..., :3], plain.relu())
    assert filters(x).shape == (1, 2, 5)


def test_text_cnn_learns_which_words_are_neighbours() -> None:
    """Class 1 if 2 is directly followed by 3; all lines have the same words."""
    rng = torch.Generator().manual_seed(0)
    tokens = torch.stack([2 + torch.randperm(5, generator=rng) for _ in range(200)])
    here = (tokens[:, :-1] == 2) & (tokens[:, 1:] == 3)
    y, lengths = here.any(dim=1).long(), torch.full((200,), 5)
    scores = {}
    for widths in ((1,), (2,)):
        torch.manual_seed(0)
        model = TextCNN(7, 2, embed_dim=8, widths=widths, num_filters=8)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(40):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(tokens, lengths), y)
            loss.backward()
            optimizer.step()
        scores[widths] = float((model(tokens, lengths).argmax(1) == y).float().mean())
    majority = float(1 - y.float().mean())
    assert scores[2,] == 1
    assert scores[1,] == pytest.approx(majority)


@relaxed
@given(st.integers(1, 60), st.integers(2, 5), st.integers(1, 3))
def test_the_depth_asked_for_is_the_smallest(target, kernel, stride) -> None:
    layers = exercises.depth.expected(target, kernel, stride)
    assert receptive_field([(kernel, stride)] * layers) >= target
    if layers:
        assert receptive_field([(kernel, stride)] * (layers - 1)) < target


def test_folding_leaves_the_answers_alone() -> None:
    conv, norm = nn.Conv1d(3, 2, 4).double(), nn.BatchNorm1d(2).double()
    (x,) = drawn(0, (5, 3, 9))
    norm(conv(x))
    norm.eval()
    weight, bias = exercises.fold.expected(
        *(conv.weight, conv.bias, norm.running_mean, norm.running_var),
        *(norm.weight, norm.bias, norm.eps),
    )
    torch.testing.assert_close(functional.conv1d(x, weight, bias), norm(conv(x)))
