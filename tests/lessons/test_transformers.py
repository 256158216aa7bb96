"""Lesson 14's module against PyTorch, on shapes of all kinds; two entries of its table."""

import importlib.util
import itertools
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from lessons import datasets
from lessons.exercises import transformers as exercises
from lessons.foundations.transformers import (
    Encoder,
    EncoderBlock,
    EncoderClassifier,
    LanguageModel,
    MultiHeadAttention,
    attention,
    causal_mask,
    join_pair,
    learn_merges,
    padding_mask,
    position_table,
    sinusoidal_positions,
    split_word,
)

relaxed = settings(max_examples=25, deadline=None)
shapes = {
    "batch": st.integers(1, 3),
    "length": st.integers(1, 7),
    "share": st.integers(1, 5),
    "num_heads": st.integers(1, 4),
    "seed": st.integers(0, 2**31),
}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_mask(length: int) -> Tensor:
    """Each query may look at itself and some others."""
    return (torch.rand(length, length) < 0.5) | torch.eye(length, dtype=torch.bool)


@relaxed
@given(**shapes)
def test_attention_is_that_of_torch(batch, length, share, num_heads, seed) -> None:
    torch.manual_seed(seed)
    Q, K = torch.randn(2, batch, num_heads, length, share, dtype=torch.float64) * 3
    V = torch.randn(batch, num_heads, length, share + 1, dtype=torch.float64)
    for mask in (None, random_mask(length), causal_mask(length)):
        context, weights = attention(Q, K, V, mask)
        theirs = functional.scaled_dot_product_attention(Q, K, V, attn_mask=mask)
        torch.testing.assert_close(context, theirs)
        torch.testing.assert_close(weights.sum(-1), torch.ones(Q.shape[:-1]).double())
        if mask is not None:
            assert not weights[..., ~mask].any()


@relaxed
@given(**shapes)
def test_heads_are_those_of_torch(batch, length, share, num_heads, seed) -> None:
    torch.manual_seed(seed)
    dim = share * num_heads
    ours = MultiHeadAttention(dim, num_heads).double()
    theirs = nn.MultiheadAttention(dim, num_heads, batch_first=True).double()
    theirs.load_state_dict(
        {
            name.replace("in_proj.", "in_proj_"): p
            for name, p in ours.state_dict().items()
        }
    )
    x, mask = torch.randn(batch, length, dim).double(), random_mask(length)
    got = ours(x, mask)
    wanted = theirs(x, x, x, attn_mask=~mask, average_attn_weights=False)
    for a, b in zip(got, wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_heads_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="3 heads cannot share 32 dimensions"):
        MultiHeadAttention(32, 3)


NAMES = {
    "attention.in_proj.": "self_attn.in_proj_",
    "attention.out_proj.": "self_attn.out_proj.",
    "feed_forward.0.": "linear1.",
    "feed_forward.2.": "linear2.",
}


@relaxed
@given(**shapes)
def test_the_block_is_that_of_torch(batch, length, share, num_heads, seed) -> None:
    torch.manual_seed(seed)
    dim = share * num_heads
    ours = EncoderBlock(dim, num_heads, 9).double().eval()
    theirs = nn.TransformerEncoderLayer(
        dim, num_heads, 9, dropout=0.0, batch_first=True, norm_first=True
    )
    weights = {}
    for name, value in ours.state_dict().items():
        for a, b in NAMES.items():
            name = name.replace(a, b)
        weights[name] = value
    theirs = theirs.double().eval()
    theirs.load_state_dict(weights)
    x, mask = torch.randn(batch, length, dim).double(), random_mask(length)
    torch.testing.assert_close(ours(x, mask)[0], theirs(x, src_mask=~mask))


@relaxed
@given(length=st.integers(1, 70), half=st.integers(1, 20))
def test_positions_are_clocks(length, half) -> None:
    """The exercises' module turns complex numbers instead."""
    P = sinusoidal_positions(length, 2 * half)
    torch.testing.assert_close(P, exercises.places(length, 2 * half))
    products = P @ P.T
    for k in range(min(length, 4)):
        diagonal = products.diagonal(k)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))


def test_position_tables() -> None:
    assert not position_table("none", 5, 4).any()
    torch.manual_seed(0)
    assert position_table("learned", 500, 8).std().item() == pytest.approx(
        0.5, abs=0.05
    )
    with pytest.raises(ValueError, match="no positions 'fixed'; choose learned"):
        position_table("fixed", 5, 4)


def test_only_a_learned_table_is_trained() -> None:
    for kind, wanted in (("learned", True), ("sinusoidal", False), ("none", False)):
        assert Encoder(7, 8, positions=kind).places.requires_grad is wanted


def test_a_text_that_is_too_long_is_refused() -> None:
    encoder = Encoder(9, 8, max_length=4)
    with pytest.raises(ValueError, match="5 words, places for 4: raise max_length"):
        encoder(torch.ones(1, 5, dtype=torch.int64), causal_mask(5))


def texts(seed: int, num: int = 3, longest: int = 9) -> tuple[Tensor, Tensor]:
    torch.manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (num,))
    tokens = torch.randint(1, 20, (num, longest))
    return tokens * (torch.arange(longest) < lengths[:, None]), lengths


@relaxed
@given(
    seed=st.integers(0, 2**31), kind=st.sampled_from(["learned", "sinusoidal", "none"])
)
def test_a_text_does_not_depend_on_its_neighbours(seed, kind) -> None:
    tokens, lengths = texts(seed)
    model = EncoderClassifier(20, 4, 16, positions=kind).double()
    together = model(tokens, lengths)
    assert together.shape == (3, 4)
    for row, length, logits in zip(tokens, lengths, together, strict=True):
        alone = model(row[None, :length], length[None])
        torch.testing.assert_close(alone[0], logits)


def test_maps_of_heads() -> None:
    tokens, lengths = texts(1)
    maps = EncoderClassifier(20, 4, 16, num_heads=4, num_layers=3).heads(
        tokens, lengths
    )
    assert maps.shape == (3, 3, 4, 9, 9)
    assert not maps.requires_grad
    assert not maps[(~padding_mask(lengths, 9)).expand(3, 3, 4, 9, 9)].any()


def test_order_counts_only_with_positions() -> None:
    tokens, lengths = torch.tensor([[3, 4, 5, 6]]), torch.tensor([4])
    swapped = tokens[:, [2, 0, 1, 3]]
    for kind, same in (("none", True), ("learned", False), ("sinusoidal", False)):
        model = EncoderClassifier(9, 2, 8, positions=kind).double()
        assert same is torch.allclose(model(tokens, lengths), model(swapped, lengths))


def test_a_language_model_does_not_see_the_future() -> None:
    torch.manual_seed(0)
    model = LanguageModel(Encoder(20, 16)).double()
    tokens = torch.randint(2, 20, (2, 8))
    later = tokens.clone()
    later[:, 5:] = 1
    ours, theirs = model(tokens, causal_mask(8)), model(later, causal_mask(8))
    assert ours.shape == (2, 8, 20)
    torch.testing.assert_close(ours[:, :5], theirs[:, :5])
    assert not torch.allclose(ours[:, 5:], theirs[:, 5:])


def test_all_its_parameters_learn() -> None:
    model = LanguageModel(Encoder(20, 16)).double()
    model(torch.randint(2, 20, (2, 8)), causal_mask(8)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert "in_proj.bias" in name or parameter.grad.any(), name


words = st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=12)


@relaxed
@given(words, st.integers(0, 20), st.text("abcd", min_size=1, max_size=8))
def test_pieces_spell_the_word(corpus, num_merges, word) -> None:
    merges = learn_merges(corpus, num_merges)
    assert len(merges) <= num_merges
    assert "".join(split_word(word, merges)) == word + "_"
    pieces = {piece for seen in corpus for piece in split_word(seen, merges)}
    letters = {letter for seen in corpus for letter in [*seen, "_"]}
    assert pieces <= letters | {"".join(pair) for pair in merges}


def test_the_commonest_pair_is_joined_first() -> None:
    corpus = ["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3
    counts = {
        a + b: sum(f"{word}_".count(a + b) for word in corpus)
        for a, b in itertools.product("lowernstid_", repeat=2)
    }
    first = "".join(learn_merges(corpus, 1)[0])
    assert counts[first] == max(counts.values())
    assert split_word("lowest", learn_merges(corpus, 10))[-1] == "est_"


def test_pairs_are_joined_from_the_left() -> None:
    assert join_pair([*"aaaaa"], ("a", "a")) == ["aa", "aa", "a"]
    assert join_pair([*"abcab"], ("a", "b")) == ["ab", "c", "ab"]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that made the table of the lesson."""
    path = datasets.ROOT / "headlines/grid.py"
    spec = importlib.util.spec_from_file_location("grid", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_complete(maker) -> None:
    table = datasets.load("headlines_grid")
    wanted = itertools.product(maker.SLICES, maker.ARCHITECTURES, maker.SEEDS)
    assert list(
        table.drop(columns="accuracy").itertuples(index=False, name=None)
    ) == list(wanted)
    assert table["accuracy"].between(0.15, 1).all()


@pytest.mark.parametrize(
    ("name", "architecture", "seed"),
    [("phrase", "BagOfWords", 3), ("keyword", "TextCNN", 1)],
)
def test_an_entry_of_the_table_can_be_made_again(
    maker, name, architecture, seed
) -> None:
    table = datasets.load("headlines_grid").set_index(["slice", "architecture", "seed"])
    again = maker.accuracy(name, architecture, seed)
    assert again == pytest.approx(table["accuracy"][name, architecture, seed], abs=0.01)
