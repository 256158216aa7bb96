"""Lesson 13's module against PyTorch's layers, on shapes and lengths of all kinds."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from lessons.exercises import recurrent_networks as exercises
from lessons.foundations.recurrent_networks import (
    LAYERS,
    RecurrentClassifier,
    gru_cell,
    last_state,
    lstm_cell,
    open_gates,
    read_out,
    rnn_cell,
    unroll,
)

relaxed = settings(max_examples=15, deadline=None)
cells = pytest.mark.parametrize("cell", LAYERS)
seeds = st.integers(0, 2**31)


@st.composite
def batches(draw):
    """x (B, T, D) with its lengths (B,), and H."""
    B, T, D = (draw(st.integers(1, most)) for most in (4, 6, 5))
    lengths = draw(st.lists(st.integers(1, T), min_size=B, max_size=B))
    torch.manual_seed(draw(seeds))
    x = 2 * torch.randn(B, T, D, dtype=torch.float64)
    return x, torch.tensor(lengths), draw(st.integers(1, 5))


def layer_of(cell: str, x: Tensor, H: int, **options) -> nn.RNNBase:
    return LAYERS[cell](x.shape[2], H, batch_first=True, **options).double()


def by_hand(layer: nn.RNNBase, x: Tensor) -> Tensor:
    W_xh, W_hh, b_x, b_h = (p.T if p.ndim == 2 else p for p in layer.parameters())
    h = torch.zeros(len(x), layer.hidden_size, dtype=torch.float64)
    if isinstance(layer, nn.GRU):
        return unroll(lambda x, h: gru_cell(x, h, W_xh, W_hh, b_x, b_h), x, h)
    if isinstance(layer, nn.LSTM):
        b = b_x + b_h
        return unroll(lambda x, s: lstm_cell(x, s, W_xh, W_hh, b), x, (h, h))
    return unroll(lambda x, h: rnn_cell(x, h, W_xh, W_hh, b_x + b_h), x, h)


@cells
@relaxed
@given(batch=batches())
def test_the_loop_is_the_layer(cell, batch) -> None:
    x, _, H = batch
    layer = layer_of(cell, x, H)
    torch.testing.assert_close(by_hand(layer, x), layer(x)[0], rtol=0, atol=1e-12)


@cells
@relaxed
@given(batch=batches())
def test_gradients_are_those_of_the_layer(cell, batch) -> None:
    x, _, H = batch
    layer = layer_of(cell, x, H)
    ours = torch.autograd.grad(by_hand(layer, x).sum(), [*layer.parameters()])
    theirs = torch.autograd.grad(layer(x)[0].sum(), [*layer.parameters()])
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_an_lstm_state_is_that_of_the_cell_too() -> None:
    cell = nn.LSTMCell(3, 4).double()
    x, h, c = (torch.randn(2, n, dtype=torch.float64) for n in (3, 4, 4))
    W_xh, W_hh, b_x, b_h = (p.T if p.ndim == 2 else p for p in cell.parameters())
    ours = lstm_cell(x, (h, c), W_xh, W_hh, b_x + b_h)
    for one, other in zip(ours, cell(x, (h, c)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@relaxed
@given(batch=batches())
def test_last_state_is_that_of_the_text_alone(batch) -> None:
    x, lengths, H = batch
    layer = layer_of("gru", x, H)
    picked = last_state(layer(x)[0], lengths)
    alone = [layer(x[k : k + 1, :n])[0][0, -1] for k, n in enumerate(lengths.tolist())]
    torch.testing.assert_close(picked, torch.stack(alone), rtol=0, atol=1e-12)


@cells
@pytest.mark.parametrize("bidirectional", [False, True])
@relaxed
@given(batch=batches())
def test_read_out_ignores_padding(cell, bidirectional, batch) -> None:
    x, lengths, H = batch
    layer = layer_of(cell, x, H, bidirectional=bidirectional)
    joined = read_out(layer, x, lengths)
    assert joined.shape == (len(x), H * (1 + bidirectional))
    for k, n in enumerate(lengths.tolist()):
        final = layer(x[k : k + 1, :n])[1]
        h = final[0] if cell == "lstm" else final
        torch.testing.assert_close(joined[k], h[:, 0].flatten(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bias", [-1.0, 0.0, 2.0])
def test_an_open_gate_keeps_what_it_says(cell, bias) -> None:
    """With all weights 0, a step keeps sigmoid(bias) of what is there."""
    layer = LAYERS[cell](2, 3, bidirectional=True).double()
    for p in layer.parameters():
        nn.init.zeros_(p)
    open_gates(layer, bias)
    kept = torch.full((2, 1, 3), 0.7, dtype=torch.float64)
    x = torch.zeros(1, 1, 2, dtype=torch.float64)
    _, state = layer(x, (0 * kept, kept) if cell == "lstm" else kept)
    after = state[1] if cell == "lstm" else state
    torch.testing.assert_close(after, kept * torch.tensor(bias).double().sigmoid())


def test_a_plain_layer_has_no_gates() -> None:
    layer = nn.RNN(2, 3)
    before = [p.clone() for p in layer.parameters()]
    open_gates(layer)
    assert all(map(torch.equal, before, layer.parameters()))


@cells
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_classifier_does_not_see_its_neighbours(cell, bidirectional) -> None:
    torch.manual_seed(0)
    model = RecurrentClassifier(9, 4, cell, 5, 6, bidirectional).double()
    texts = [torch.tensor(t) for t in ([3, 8, 2, 2, 5], [7], [4, 1, 6])]
    lengths = torch.tensor([5, 1, 3])
    together = model(pad_sequence(texts, batch_first=True), lengths)
    assert together.shape == (3, 4)
    for text, logits in zip(texts, together, strict=True):
        alone = model(text[None], torch.tensor([len(text)]))[0]
        torch.testing.assert_close(alone, logits, rtol=0, atol=1e-12)


def test_the_classifier_depends_on_order() -> None:
    torch.manual_seed(0)
    model = RecurrentClassifier(9, 2, "rnn").double()
    tokens = torch.tensor([[2, 3, 4], [4, 3, 2]])
    first, turned = model(tokens, torch.tensor([3, 3]))
    assert not torch.allclose(first, turned)


def test_every_weight_learns() -> None:
    for cell in LAYERS:
        model = RecurrentClassifier(5, 2, cell, 3, 3, bidirectional=True)
        model(torch.tensor([[2, 3, 4]]), torch.tensor([3]))[0, 0].backward()
        assert all(p.grad is not None for p in model.parameters())


def test_an_unknown_cell_is_named() -> None:
    with pytest.raises(ValueError, match="cell is 'gpu'; choose from rnn, lstm, gru"):
        RecurrentClassifier(5, 2, "gpu")


def test_a_gate_of_the_half_life_asked_for_keeps_half() -> None:
    for (k,) in exercises.half_life.cases.values():
        bias = torch.tensor(exercises.half_life.expected(k), dtype=torch.float64)
        assert bias.sigmoid().item() ** k == pytest.approx(0.5)


@pytest.mark.parametrize("W_xh", [torch.ones(8, 1), torch.ones(8), torch.ones(1, 1)])
def test_weights_that_do_not_fit_are_told_which_shapes_do(W_xh, capsys) -> None:
    exercises.latch.check(lambda: (W_xh, torch.eye(8), torch.zeros(8)))
    assert "W_xh (1, H), W_hh (H, H) and b (H,)" in capsys.readouterr().out
