"""Attention: averages of values, weighted by how well queries and keys match."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import OperandError, Tensor
from autograd.ops.arithmetic import masked as _masked
from autograd.ops.fused import linear as _linear
from autograd.ops.linear import matmul as _matmul
from autograd.ops.reduce import mean as _mean, softmax as _softmax
from autograd.ops.shape import reshape as _reshape, split as _split, transpose as _transpose
from nn.arguments import floating, plain, positive, probability
from nn.defaults import Randomness, generator, get_default_dtype, parameter_dtype
from nn.layers.dropout import dropout
from nn.layers.linear import Linear
from nn.module import Module, Parameter

__all__ = ["MultiheadAttention"]


def causal_mask(length: int, keys: int | None = None, *, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """A mask that hides later keys from each query: 0 for keys up to the query's own position, else minus infinity.

    An array of shape (length, keys), square by default, to be added to the scores: pass it as ``attn_mask`` to
    `scaled_dot_product_attention` or `nn.MultiheadAttention`, which read boolean masks in opposite ways.

    It corresponds to ``torch.nn.Transformer.generate_square_subsequent_mask``.

    >>> from nn.functional import causal_mask
    >>> causal_mask(3)
    array([[  0., -inf, -inf],
           [  0.,   0., -inf],
           [  0.,   0.,   0.]], dtype=float32)
    """
    later = ~np.tri(length, length if keys is None else keys, dtype=bool)
    return np.where(later, -np.inf, 0.0).astype(get_default_dtype() if dtype is None else dtype)


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, *, rng: Randomness = None,
) -> Tensor:  # fmt: skip
    """``softmax(query key^T / sqrt(D) + mask) value``: a weighted average of the values for each query.

    ``query`` has shape (..., L, D), ``key`` (..., S, D), ``value`` (..., S, E), the result (..., L, E). ``attn_mask``
    broadcasts to (..., L, S) and holds booleans, True where a query *may* look, or numbers that are added to the
    scores, such as `causal_mask`. ``is_causal`` adds that mask to any other. ``scale`` replaces 1 / sqrt(D). A fraction
    ``dropout_p`` of the weights is dropped, in evaluation too.

    A query that may look nowhere gets zeros and no gradient, as in PyTorch: there is no 0/0.

    Raises OperandError for shapes that do not fit, TypeError for a mask of integers. Vaswani et al., "Attention is all
    you need", NeurIPS 2017; the arguments are those of ``torch.nn.functional.scaled_dot_product_attention``.

    >>> import numpy as np
    >>> from nn.functional import scaled_dot_product_attention
    >>> same = np.zeros((2, 4))  # queries and keys that all agree equally
    >>> scaled_dot_product_attention(same, same, np.array([[2.0], [4.0]]), is_causal=True)
    array([[2.],
           [3.]])
    """
    query, key, value = floating(query), floating(key), floating(value)
    sizes = query.shape, key.shape, value.shape
    if min(map(len, sizes)) < 2 or sizes[0][-1] != sizes[1][-1] or sizes[1][-2] != sizes[2][-2]:
        raise OperandError(
            "scaled_dot_product_attention needs a query of shape (..., L, D), a key (..., S, D) and a value "
            f"(..., S, E), not {sizes[0]}, {sizes[1]} and {sizes[2]}."
        )
    mask = _with_causal(mask_as_scores(attn_mask, query.dtype, blocked=False), is_causal, query, key)
    return attend(query, key, value, mask, dropout_p, scale, rng)[0]


def _with_causal(mask: Any, is_causal: bool, query: Any, key: Any) -> Any:
    if not is_causal:
        return mask
    causal = causal_mask(query.shape[-2], key.shape[-2], dtype=query.dtype)
    return causal if mask is None else mask + causal


def attend(
    query: Any, key: Any, value: Any, mask: Any, dropout_p: float, scale: float | None, rng: Randomness
) -> tuple[Any, Any]:
    """The averages and the weights of attention; the mask is added to the scores."""
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = _matmul(query * factor, key.swapaxes(-1, -2))
    nowhere = None
    if mask is not None:
        pairs = zip(reversed(mask.shape), reversed(scores.shape), strict=False)
        if mask.ndim > scores.ndim or not all(n in (1, m) for n, m in pairs):
            raise OperandError(f"attention: a mask of shape {mask.shape} does not fit scores of shape {scores.shape}.")
        values = plain(mask)
        blind = np.all(values == -np.inf, axis=-1, keepdims=True)
        if mask.shape[-1] and blind.any():  # softmax of nothing is 0/0: of anything first, and 0 afterwards
            mask = np.where(blind, 0.0, mask)
            nowhere = blind
        scores = scores + mask
    weights = _softmax(scores, axis=-1)
    if nowhere is not None:
        weights = _masked(weights, mask=np.broadcast_to(~nowhere, weights.shape))
    if dropout_p:
        weights = dropout(weights, probability("dropout_p", dropout_p), rng=rng)
    return _matmul(weights, value), weights


def mask_as_scores(mask: Any, dtype: Any, *, blocked: bool) -> Any:
    """A mask as numbers to be added to scores; ``blocked`` is the boolean that hides a key."""
    if mask is None or (isinstance(mask, Tensor) and mask.requires_grad):
        return mask
    values = plain(mask, "attention: the mask")
    if values.dtype.kind == "b":
        return np.where(values == blocked, -np.inf, 0.0).astype(dtype)
    if values.dtype.kind == "f":
        return values.astype(dtype)
    raise TypeError(
        f"attention: a mask must hold booleans, or floating-point numbers to add to the scores, not {values.dtype}."
    )


class MultiheadAttention(Module):
    """Multi-head attention: each head compares queries and keys in its own subspace.

    Query, key and value are each multiplied by their own weights and split into ``num_heads`` parts of
    D = embed_dim / num_heads columns. Each head computes ``softmax(q k^T / sqrt(D) + mask) v``, and ``out_proj`` mixes
    the concatenated results. Queries have shape (L, N, E), keys and values (S, N, E), or (N, L, E) and (N, S, E) with
    ``batch_first``, or (L, E) and (S, E) for one sample. ``kdim`` and ``vdim`` set other widths for keys and values.

    A call ``attention(query, key, value)`` returns ``(output, weights)``: the output has the shape of the query, and
    the weights have shape (N, L, S), averaged over the heads, or (N, num_heads, L, S) with
    ``average_attn_weights=False``, or are None with ``need_weights=False``. Masks hold booleans, **True where a query
    must not look**, or numbers that are added to the scores: ``attn_mask`` has shape (L, S) or (N * num_heads, L, S),
    ``key_padding_mask`` (N, S). With ``is_causal``, no query looks at later keys, with or without other masks
    (PyTorch requires ``attn_mask`` too). In training, a fraction ``dropout`` of the weights is dropped.

    A query that may look nowhere gets zeros, with zero weights and no gradient; PyTorch does the same with
    ``need_weights=False``, but returns NaN if weights are requested.

    The weights are drawn from ``rng`` as in `Linear`, uniformly within ±√(6 / (fan_in + fan_out)) (Glorot), those of
    ``out_proj`` with the bounds of `Linear`; biases start at 0. Dropout draws from ``rng`` too.

    Raises ValueError if embed_dim is not a multiple of num_heads, OperandError for shapes that do not fit, TypeError
    for a mask of integers. Vaswani et al., "Attention is all you need", NeurIPS 2017. Names, layouts and results are
    those of ``torch.nn.MultiheadAttention`` (without ``add_bias_kv`` and ``add_zero_attn``).

    >>> import numpy as np
    >>> import nn
    >>> attention = nn.MultiheadAttention(8, num_heads=2, batch_first=True)
    >>> x = np.zeros((4, 3, 8), "float32")
    >>> output, weights = attention(x, x, x, is_causal=True)
    >>> output.shape
    (4, 3, 8)
    >>> weights[0].data.round(2)
    array([[1.  , 0.  , 0.  ],
           [0.5 , 0.5 , 0.  ],
           [0.33, 0.33, 0.33]], dtype=float32)
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, *, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.embed_dim: int = positive("embed_dim", embed_dim)
        self.num_heads: int = positive("num_heads", num_heads, "number of heads")
        if embed_dim % num_heads:
            raise ValueError(f"embed_dim {embed_dim} must be a multiple of num_heads, {num_heads}.")
        self.dropout: float = probability("dropout", dropout)
        self.kdim: int = embed_dim if kdim is None else positive("kdim", kdim)
        self.vdim: int = embed_dim if vdim is None else positive("vdim", vdim)
        self.batch_first = batch_first
        self.rng: np.random.Generator | None = generator(rng) if self.dropout and rng is not None else None
        n, kind, rng = embed_dim, parameter_dtype(dtype), generator(rng)

        def glorot(rows: int, columns: int) -> Parameter:
            bound = math.sqrt(6.0 / (rows + columns))
            return Parameter(rng.uniform(-bound, bound, (rows, columns)).astype(kind))

        if self.kdim == self.vdim == n:
            self.in_proj_weight: Parameter = glorot(3 * n, n)
        else:
            self.q_proj_weight: Parameter = glorot(n, n)
            self.k_proj_weight: Parameter = glorot(n, self.kdim)
            self.v_proj_weight: Parameter = glorot(n, self.vdim)
        self.in_proj_bias: Parameter | Any = Parameter(np.zeros(3 * n, kind)) if bias else None
        self.out_proj: Linear = Linear(n, n, bias, dtype=kind, rng=rng)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data[:] = 0.0

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        same = query is key and key is value
        query, key, value = (floating(x, self.out_proj.weight) for x in (query, key, value))
        batched = self._check_inputs(query, key, value)
        q, k, v = (self._heads(x, batched) for x in self._projections(query, key, value, same))
        mask = self._mask(attn_mask, key_padding_mask, is_causal, q, k)
        out, weights = attend(q, k, v, mask, self.dropout if self.training else 0.0, None, self.rng)
        # back from (N, heads, L, D) to the layout of the query
        out = _transpose(out, axes=(0, 2, 1, 3) if self.batch_first or not batched else (2, 0, 1, 3))
        out = self.out_proj(_reshape(out, shape=query.shape))
        if not need_weights:
            return out, None
        if average_attn_weights:
            weights = _mean(weights, axis=1)
        return out, weights if batched else weights[0]

    def _projections(self, query: Any, key: Any, value: Any, same: bool) -> tuple[Any, Any, Any]:
        weight, bias = vars(self).get("in_proj_weight"), self.in_proj_bias
        if weight is not None and same:
            return _split(_linear(query, weight, bias), indices_or_sections=3, axis=-1)
        if weight is None:
            weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        else:
            weights = _split(weight, indices_or_sections=3, axis=0)
        biases = (None,) * 3 if bias is None else _split(bias, indices_or_sections=3, axis=0)
        q, k, v = (_linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))
        return q, k, v

    def _heads(self, x: Any, batched: bool) -> Any:
        """From (L, N, E), (N, L, E) or (L, E) to (N, heads, L, D)."""
        lead = x.shape[:-1] if batched else (1, *x.shape[:-1])
        x = _reshape(x, shape=(*lead, self.num_heads, self.embed_dim // self.num_heads))
        return _transpose(x, axes=(0, 2, 1, 3) if self.batch_first or not batched else (1, 2, 0, 3))

    def _mask(self, attn_mask: Any, key_padding_mask: Any, is_causal: bool, q: Any, k: Any) -> Any:
        """All masks as one, in numbers that are added to scores of shape (N, heads, L, S)."""
        (count, heads, length, _), keys = q.shape, k.shape[2]
        mask = mask_as_scores(attn_mask, q.dtype, blocked=True)
        if mask is not None:
            if mask.shape == (count * heads, length, keys):
                mask = mask.reshape(count, heads, length, keys)
            elif mask.shape != (length, keys):
                raise OperandError(
                    f"{self._name()}: attn_mask has shape {mask.shape}, but these inputs need (L, S) = "
                    f"{(length, keys)} or (N * num_heads, L, S) = {(count * heads, length, keys)}."
                )
        padding = mask_as_scores(key_padding_mask, q.dtype, blocked=True)
        if padding is not None:
            if padding.shape not in ((count, keys), (keys,) * (count == 1)):
                raise OperandError(
                    f"{self._name()}: key_padding_mask has shape {padding.shape}, but these inputs need (N, S) = "
                    f"{(count, keys)}."
                )
            padding = padding.reshape(count, 1, 1, keys)
            mask = padding if mask is None else mask + padding
        return _with_causal(mask, is_causal, q, k)

    def _check_inputs(self, query: Any, key: Any, value: Any) -> bool:
        """Whether there is an axis for the samples; raises OperandError if the shapes do not fit together."""
        sizes = query.shape, key.shape, value.shape
        ndim = len(sizes[0])
        widths = self.embed_dim, self.kdim, self.vdim
        fits = ndim in (2, 3) and all(
            len(size) == ndim and size[-1] == width for size, width in zip(sizes, widths, strict=True)
        )
        if fits and ndim == 3:
            samples = 0 if self.batch_first else 1
            fits = sizes[0][samples] == sizes[1][samples]
        if not fits or sizes[1][:-1] != sizes[2][:-1]:
            lead = "(N, L" if self.batch_first else "(L, N"
            other = lead.replace("L", "S")
            raise OperandError(
                f"{self._name()} needs a query of shape {lead}, {widths[0]}), a key {other}, {widths[1]}) and a value "
                f"{other}, {widths[2]}), all without N for one sample, not {sizes[0]}, {sizes[1]} and {sizes[2]}."
            )
        return ndim == 3

    def _name(self) -> str:
        return f"MultiheadAttention({self.embed_dim}, {self.num_heads})"

    def extra_repr(self) -> str:
        unusual = {
            f"dropout={self.dropout}": self.dropout,
            "bias=False": self.in_proj_bias is None,
            f"kdim={self.kdim}, vdim={self.vdim}": not self.kdim == self.vdim == self.embed_dim,
            "batch_first=True": self.batch_first,
        }
        words = [f"{self.embed_dim}, num_heads={self.num_heads}", *(word for word, shown in unusual.items() if shown)]
        return ", ".join(words)
