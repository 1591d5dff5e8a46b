"""Transformers, put together from the references of attention and layer norm. Dropout has tests of its own."""

import numpy as np
from nn_cases.attention import attention
from nn_cases.base import Case, linear, relu
from nn_cases.normalization import scaled, standard

import nn
from autograd import OperandError


def below(state, name):
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


def norm(state, x):
    return scaled(state, standard(x, -1, 1e-5), state["weight"].shape)


def layer(state, x, memory=None, *, norm_first=False, activation=relu, **how):
    """An encoder layer, or with a memory a decoder layer."""

    def look(name, x, memory):
        return attention(1, **how)(below(state, name), x, memory, memory)[0]

    blocks = [lambda x: look("self_attn", x, x)]
    if memory is not None:
        blocks.append(lambda x: look("multihead_attn", x, memory))
    blocks.append(lambda x: linear(state, activation(linear(state, x, "linear1.")), "linear2."))
    for i, block in enumerate(blocks, 1):
        own = below(state, f"norm{i}")
        x = x + block(norm(own, x)) if norm_first else norm(own, x + block(x))
    return x


def stack(state, x, *memory):
    x = layer(below(state, "layers.0"), x, *memory)
    return norm(below(state, "norm"), x) if "norm.weight" in state else x


def tree(name, *children):
    """A repr with inner modules."""
    return f"{name}(\n" + "".join(f"  {child}\n".replace("\n", "\n  ")[:-2] for child in children) + ")"


def words(kind, *, attentions=1, bias=True, first=False, activation=()):
    def affine(name, n, m):
        return f"({name}): Linear(in_features={n}, out_features={m}, bias={bias})"

    inside = f"3, num_heads=1{'' if bias else ', bias=False'}{', batch_first=True' if first else ''}"
    looks = [
        f"({name}): {tree('MultiheadAttention', inside, affine('out_proj', 3, 3))}"
        for name in ("self_attn", "multihead_attn")[:attentions]
    ]
    shape = "(3,), eps=1e-05, elementwise_affine=True" + ("" if bias else ", bias=False")
    norms = [f"(norm{i}): LayerNorm({shape})" for i in range(1, attentions + 2)]
    drops = [f"(dropout{i}): Dropout(p=0.0)" for i in range(1, attentions + 2)]
    middle = [affine("linear1", 3, 2), "(dropout): Dropout(p=0.0)", affine("linear2", 2, 3)]
    return tree(f"Transformer{kind}Layer", *looks, *middle, *norms, *drops, *activation)


def stacked(kind, layer, norm=True):
    last = ["(norm): LayerNorm((3,), eps=1e-05, elementwise_affine=True)"] if norm else []
    return tree(f"Transformer{kind}", f"(layers.0): {layer}", *last)


def sequences(*lengths, batch_first=False):
    """One sequence of each length, of 3 numbers per place."""
    return lambda rng, n: tuple(rng.normal(size=(n, k, 3) if batch_first else (k, n, 3)) for k in lengths)


ENCODER, DECODER = words("Encoder"), words("Decoder", attentions=2)

CASES = [
    Case(
        "TransformerEncoderLayer",
        lambda: nn.TransformerEncoderLayer(3, 1, 2, 0.0),
        sequences(2),
        layer,
        ENCODER,
        "nn.TransformerEncoderLayer(3, 1, 2, 0.0)",
        axis=1,
        bad=[((np.ones((2, 3, 5)),), OperandError, "needs a query of shape (L, N, 3)")],
    ),
    Case(
        "TransformerEncoderLayer-first",
        lambda: nn.TransformerEncoderLayer(3, 1, 2, 0.0, "silu", 1e-5, True, True, False),
        sequences(2, batch_first=True),
        lambda s, x: layer(s, x, norm_first=True, batch_first=True, activation=lambda z: z / (1 + np.exp(-z))),
        words("Encoder", bias=False, first=True, activation=["(activation): SiLU()"]),
        "nn.TransformerEncoderLayer(3, 1, 2, 0.0, nn.SiLU(), 1e-5, True, True, False)",
    ),
    Case(
        "TransformerDecoderLayer",
        lambda: nn.TransformerDecoderLayer(3, 1, 2, 0.0, norm_first=True),
        sequences(1, 2),
        lambda s, x, memory: layer(s, x, memory, norm_first=True),
        DECODER,
        "nn.TransformerDecoderLayer(3, 1, 2, 0.0, norm_first=True)",
        axis=1,
        long=True,
        bad=[((np.ones((2, 3, 3)), np.ones((2, 4, 3))), OperandError, "in module multihead_attn")],
    ),
    Case(
        "TransformerEncoder",
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(3, 1, 2, 0.0), 1),
        sequences(2),
        stack,
        stacked("Encoder", ENCODER, norm=False),
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(3, 1, 2, 0.0), 1, enable_nested_tensor=False)",
        axis=1,
    ),
    Case(
        "TransformerDecoder",
        lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(3, 1, 2, 0.0), 1, nn.LayerNorm(3)),
        sequences(1, 2),
        lambda s, x, memory: stack(s, x, memory),
        stacked("Decoder", DECODER),
        "nn.TransformerDecoder(nn.TransformerDecoderLayer(3, 1, 2, 0.0), 1, nn.LayerNorm(3))",
        axis=1,
        long=True,
    ),
    Case(
        "Transformer",
        lambda: nn.Transformer(3, 1, 1, 1, 2, 0.0),
        sequences(2, 1),
        lambda s, x, y: stack(below(s, "decoder"), y, stack(below(s, "encoder"), x)),
        tree("Transformer", f"(encoder): {stacked('Encoder', ENCODER)}", f"(decoder): {stacked('Decoder', DECODER)}"),
        axis=1,  # beside PyTorch in test_transformer.py
        long=True,
    ),
]
