"""Recurrent networks: read in order, remember, and measure what is forgotten.

Made from foundations/13_recurrent_networks.ipynb; edit it there.
"""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

__all__ = [
    "LAYERS",
    "RecurrentClassifier",
    "gru_cell",
    "last_state",
    "lstm_cell",
    "open_gates",
    "read_out",
    "rnn_cell",
    "unroll",
]


# From cell ab67915a of foundations/13_recurrent_networks.ipynb.
def rnn_cell(x: Tensor, h: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """One step of a plain recurrent network (Elman, 1990).

    Args:
        x: input of this step, (B, D).
        h: state so far, (B, H).
        W_xh: weights of the input, (D, H).
        W_hh: weights of the state, (H, H).
        b: bias, (H,).

    Returns:
        The next state, (B, H), each entry between -1 and 1.
    """
    return torch.tanh(x @ W_xh + h @ W_hh + b)


def unroll(step: Callable[[Tensor, Any], Any], x: Tensor, state: Any) -> Tensor:
    """Read a sequence from left to right with one cell.

    Args:
        step: called as step(x_t, state); returns the next state.
        x: inputs, (B, T, D).
        state: where to start: h (B, H), or the pair (h, c) of an LSTM.

    Returns:
        The state h after every step, (B, T, H).
    """
    states = []
    for t in range(x.shape[1]):
        state = step(x[:, t], state)
        states.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(states, dim=1)


# From cell 459f7669 of foundations/13_recurrent_networks.ipynb.
def lstm_cell(
    x: Tensor, state: tuple[Tensor, Tensor], W_xh: Tensor, W_hh: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of a long short-term memory.

    After Hochreiter and Schmidhuber (1997), with the forget gate of Gers,
    Schmidhuber and Cummins (2000).

    The columns of W_xh, W_hh and b belong to the input gate, the forget gate, the
    candidate and the output gate, H each, in this order, which is PyTorch's.

    Args:
        x: input of this step, (B, D).
        state: what it shows and what it keeps, h and c, (B, H) each.
        W_xh: weights of the input, (D, 4H).
        W_hh: weights of the state, (H, 4H).
        b: bias, (4H,).

    Returns:
        The next h and c, (B, H) each.
    """
    h, c = state
    i, f, g, o = (x @ W_xh + h @ W_hh + b).chunk(4, dim=-1)  # (B, H) each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


# From cell fb76d172 of foundations/13_recurrent_networks.ipynb.
def gru_cell(
    x: Tensor, h: Tensor, W_xh: Tensor, W_hh: Tensor, b_x: Tensor, b_h: Tensor
) -> Tensor:
    """One step of a gated recurrent unit (Cho and others, 2014; PyTorch's variant).

    The columns of the weights and biases belong to the reset gate, the update gate
    and the candidate, H each, in this order, which is PyTorch's.

    Args:
        x: input of this step, (B, D).
        h: state so far, (B, H).
        W_xh: weights of the input, (D, 3H).
        W_hh: weights of the state, (H, 3H).
        b_x: bias beside the input, (3H,).
        b_h: bias beside the state, (3H,); the reset gate scales its last third.

    Returns:
        The next state, (B, H), each entry between -1 and 1.
    """
    r_x, z_x, n_x = (x @ W_xh + b_x).chunk(3, dim=-1)  # (B, H) each
    r_h, z_h, n_h = (h @ W_hh + b_h).chunk(3, dim=-1)
    z = (z_x + z_h).sigmoid()
    n = (n_x + (r_x + r_h).sigmoid() * n_h).tanh()
    return (1 - z) * n + z * h


# From cell be8cfb5f of foundations/13_recurrent_networks.ipynb.
def last_state(states: Tensor, lengths: Tensor) -> Tensor:
    """The state after each sequence's last real step.

    Args:
        states: after every step, padding included, (B, T, H).
        lengths: number of real steps, (B,), each from 1 to T.

    Returns:
        One state a sequence, (B, H).
    """
    rows = torch.arange(len(states), device=states.device)
    return states[rows, lengths - 1]


# From cell d9fa54e5 of foundations/13_recurrent_networks.ipynb.
def read_out(layer: nn.RNNBase, x: Tensor, lengths: Tensor) -> Tensor:
    """The last real state of each direction of a layer, joined.

    Args:
        layer: recurrent, with ``batch_first=True``.
        x: inputs, padded at the end, (B, T, D).
        lengths: number of real steps, (B,), each from 1 to T.

    Returns:
        (B, H), or (B, 2H) if the layer reads both ways.
    """
    if not layer.bidirectional:
        return last_state(layer(x)[0], lengths)
    packed = pack_padded_sequence(
        x, lengths.cpu(), batch_first=True, enforce_sorted=False
    )
    _, state = layer(packed)  # (2, B, H), or a pair of them
    return torch.cat([*(state[0] if isinstance(state, tuple) else state)], dim=1)


# From cell 0ebd0b81 of foundations/13_recurrent_networks.ipynb.
LAYERS: Final[dict[str, Callable[..., nn.RNNBase]]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


def open_gates(layer: nn.RNNBase, bias: float = 2.0) -> None:
    """Let a recurrent layer start out remembering: open its keeping gates.

    These are the forget gate of an LSTM and the update gate of a GRU, the second block
    of H entries in both. A plain recurrent layer has none and stays as it is.

    Args:
        layer: changed in place, in both directions if it has two.
        bias: the sum of PyTorch's two biases; 2 makes a gate start near .88.
    """
    if isinstance(layer, nn.RNN):
        return
    gate = slice(layer.hidden_size, 2 * layer.hidden_size)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("bias"):
                parameter[gate] = bias if name.startswith("bias_ih") else 0.0


# From cell 29c00ae4 of foundations/13_recurrent_networks.ipynb.
class RecurrentClassifier(nn.Module):
    """Read a text with a recurrent layer, then classify its last real state.

    Args:
        num_words: size of the vocabulary; word 0 is padding.
        num_classes: C.
        cell: "rnn", "lstm" or "gru"; gates start open, see ``open_gates``.
        embed_dim: length of a word vector.
        hidden_dim: length of the state in each direction.
        bidirectional: read from right to left as well, and join both last states.

    Raises:
        ValueError: if there is no such cell.
    """

    def __init__(
        self,
        num_words: int,
        num_classes: int,
        cell: str = "lstm",
        embed_dim: int = 32,
        hidden_dim: int = 32,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        if cell not in LAYERS:
            raise ValueError(f"cell is {cell!r}; choose from {', '.join(LAYERS)}")
        self.embedding = nn.Embedding(num_words, embed_dim, padding_idx=0)
        self.recurrent = LAYERS[cell](
            embed_dim, hidden_dim, batch_first=True, bidirectional=bidirectional
        )
        open_gates(self.recurrent)
        self.output = nn.Linear(hidden_dim * (1 + bidirectional), num_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return logits (B, C) for tokens (B, T) of these lengths (B,)."""
        h = read_out(self.recurrent, self.embedding(tokens), lengths)
        logits: Tensor = self.output(h)
        return logits
