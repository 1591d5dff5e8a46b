"""Multi-head attention, against loops over samples and heads in plain NumPy."""

import numpy as np
from nn_cases.base import Case, linear, softmax

import nn
from autograd import OperandError


def attention(heads, *, batch_first=False, blocked=None):
    """The reference; ``blocked`` makes the mask from the numbers of queries and keys, True where not to look."""

    def reference(state, query, key, value):
        if not batch_first:
            query, key, value = (x.swapaxes(0, 1) for x in (query, key, value))
        n = query.shape[-1]
        rows = state.get("in_proj_weight")
        weights = [state[f"{x}_proj_weight"] for x in "qkv"] if rows is None else np.split(rows, 3)
        biases = np.split(state["in_proj_bias"], 3) if "in_proj_bias" in state else (0.0,) * 3
        q, k, v = (x @ w.T + b for x, w, b in zip((query, key, value), weights, biases, strict=True))
        mask = np.zeros((q.shape[1], k.shape[1]), bool) if blocked is None else blocked(q.shape[1], k.shape[1])
        out, seen = np.zeros(q.shape), np.zeros((len(q), q.shape[1], k.shape[1]))
        for sample in range(len(q)):
            for columns in np.split(np.arange(n), heads):
                scores = q[sample][:, columns] @ k[sample][:, columns].T / np.sqrt(len(columns))
                share = softmax(np.where(mask, -np.inf, scores))
                out[sample][:, columns] = share @ v[sample][:, columns]
                seen[sample] += share / heads
        out = linear(state, out, "out_proj.")
        return (out if batch_first else out.swapaxes(0, 1)), seen

    return reference


def three(length, keys, widths, *, batch_first=False):
    """Query, key and value of their own."""

    def make(rng, n):
        sizes = zip((length, keys, keys), widths, strict=True)
        return tuple(rng.normal(size=(n, s, w) if batch_first else (s, n, w)) for s, w in sizes)

    return make


class SelfAttention(nn.MultiheadAttention):
    """Query, key and value are one, and no query looks ahead."""

    def forward(self, x):
        return super().forward(x, x, x, is_causal=True)


def case(name, inputs, reference, words, bad=(), **settings):
    arguments = "".join(f", {key}={value!r}" for key, value in settings.items())
    first = settings.get("batch_first", False)
    return Case(
        name,
        lambda: nn.MultiheadAttention(4, 2, **settings),
        inputs,
        reference,
        f"MultiheadAttention(\n  4, num_heads=2{words}\n  (out_proj): Linear(in_features=4, out_features=4, "
        f"bias={settings.get('bias', True)})\n)",
        f"nn.MultiheadAttention(4, 2{arguments})",
        axis=0 if first else 1,
        bad=list(bad),
    )


def wrong(words, *triples):
    return [(tuple(np.zeros(shape) for shape in triple), OperandError, words) for triple in triples]


CASES = [
    case(
        "MultiheadAttention",
        three(2, 3, (4, 4, 4)),
        attention(2),
        "",
        bad=[
            *wrong(
                "MultiheadAttention(4, 2) needs a query of shape (L, N, 4), a key (S, N, 4) and a value (S, N, 4)",
                [(2, 5, 3), (3, 5, 4), (3, 5, 4)],
                [(2, 5, 4), (3, 4, 4), (3, 4, 4)],
                [(2, 5, 4), (3, 5, 4), (2, 5, 4)],
                [(2, 5, 4), (3, 4), (3, 4)],
                [(4,), (4,), (4,)],
            )
        ],
    ),
    case(
        "MultiheadAttention-widths",
        three(2, 2, (4, 3, 1), batch_first=True),
        attention(2, batch_first=True),
        ", kdim=3, vdim=1, batch_first=True",
        bad=wrong("(N, L, 4), a key (N, S, 3) and a value (N, S, 1)", [(5, 2, 4), (5, 3, 4), (5, 3, 4)]),
        kdim=3,
        vdim=1,
        batch_first=True,
    ),
    case("MultiheadAttention-no-bias", three(2, 2, (4, 4, 4)), attention(2), ", bias=False", bias=False),
    Case(
        "MultiheadAttention-causal",
        lambda: SelfAttention(4, 2, batch_first=True),
        lambda rng, n: (rng.normal(size=(n, 3, 4)),),
        lambda s, x: attention(2, batch_first=True, blocked=lambda q, k: ~np.tri(q, k, dtype=bool))(s, x, x, x),
        "SelfAttention(\n  4, num_heads=2, batch_first=True\n"
        "  (out_proj): Linear(in_features=4, out_features=4, bias=True)\n)",
    ),
]
