"""Derivatives on paper: for each op the formula that a textbook prints beside it.

Numbers never come from here: they come from the rules of the op table, and the tests compare both. A formula is a
Python expression in the names of the operands and ``out``, the result; in formulas of matrices ``G`` is the gradient
of the result. This module must not know any graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["MOVES", "SHARES", "SLOPES", "matrix_formula"]

# --- entry by entry: the derivative of each entry of the result by the entry of the operand ---------------------

_SHARE = "(x > y) + (x == y) / 2"
_SHARE_OTHER = "(x < y) + (x == y) / 2"

SLOPES: dict[str, tuple[str | None, ...]] = {
    "add": ("1", "1"),
    "subtract": ("1", "-1"),
    "multiply": ("y", "x"),
    "divide": ("1 / y", "-x / y ** 2"),
    "negative": ("-1",),
    "positive": ("1",),
    "identity": ("1",),
    "copy": ("1",),
    "astype": ("1",),
    "reciprocal": ("-1 / x ** 2",),
    "square": ("2 * x",),
    "absolute": ("sign(x)",),
    "fabs": ("sign(x)",),
    "power": ("y * x ** (y - 1)", "x ** y * log(x)"),
    "maximum": (_SHARE, _SHARE_OTHER),
    "minimum": (_SHARE_OTHER, _SHARE),
    "fmax": (_SHARE, _SHARE_OTHER),
    "fmin": (_SHARE_OTHER, _SHARE),
    "hypot": ("x / out", "y / out"),
    "arctan2": ("y / (x ** 2 + y ** 2)", "-x / (x ** 2 + y ** 2)"),
    "logaddexp": ("exp(x - out)", "exp(y - out)"),
    "exp": ("exp(x)",),
    "exp2": ("exp2(x) * log(2)",),
    "expm1": ("exp(x)",),
    "log": ("1 / x",),
    "log2": ("1 / (x * log(2))",),
    "log10": ("1 / (x * log(10))",),
    "log1p": ("1 / (1 + x)",),
    "sqrt": ("1 / (2 * sqrt(x))",),
    "cbrt": ("1 / (3 * out ** 2)",),
    "sin": ("cos(x)",),
    "cos": ("-sin(x)",),
    "tan": ("1 + tan(x) ** 2",),
    "arcsin": ("1 / sqrt(1 - x ** 2)",),
    "arccos": ("-1 / sqrt(1 - x ** 2)",),
    "arctan": ("1 / (1 + x ** 2)",),
    "sinh": ("cosh(x)",),
    "cosh": ("sinh(x)",),
    "tanh": ("1 - out ** 2",),
    "arcsinh": ("1 / sqrt(x ** 2 + 1)",),
    "arccosh": ("1 / sqrt(x ** 2 - 1)",),
    "arctanh": ("1 / (1 - x ** 2)",),
    "deg2rad": ("pi / 180",),
    "rad2deg": ("180 / pi",),
    "erf": ("2 / sqrt(pi) * exp(-x ** 2)",),
    "sigmoid": ("out * (1 - out)",),
    "softplus": ("sigmoid(x)",),
    "relu": ("x > 0",),
}

# Ops that only move entries about: every derivative is 1 or 0.
MOVES = frozenset(
    {
        *("sum", "getitem", "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "expand_dims", "squeeze"),
        *("broadcast_to", "concatenate", "stack", "split", "cumsum", "scatter"),
    }
)

# Ops with a row of probabilities in them: an entry depends on all of its row.
SHARES = frozenset({"softmax", "log_softmax", "logsumexp", "cross_entropy"})

# --- whole arrays -------------------------------------------------------------------------------------------------

_SHAPING = "G, in the shape of x"
_MATRIX: dict[str, tuple[str, ...]] = {
    "linear": ("G @ weight", "G.T @ x", "sum_rows(G)"),
    "outer": ("G @ y", "x @ G"),
    "sum": ("G, repeated along the axes that were summed",),
    "mean": ("G / n, repeated along the axes that were averaged",),
    "cumsum": ("sums of G from each place on",),
    "prod": ("G * out / x",),
    "max": ("G where x is the largest, else 0",),
    "min": ("G where x is the smallest, else 0",),
    "reshape": (_SHAPING,),
    "ravel": (_SHAPING,),
    "expand_dims": (_SHAPING,),
    "squeeze": (_SHAPING,),
    "transpose": ("G, with the axes put back",),
    "swapaxes": ("G, with the axes put back",),
    "moveaxis": ("G, with the axes put back",),
    "broadcast_to": ("G, summed over what was repeated",),
    "getitem": ("G at the places taken, else 0",),
    "set_at": ("G, with 0 at the places set", "G at the places set"),
    "add_at": ("G", "G at the places added to"),
    "scatter": ("G at the places filled",),
    "split": ("the parts of G, joined",),
    "where": ("", "G where the condition holds, else 0", "G where the condition does not hold, else 0"),
    "masked": ("G where the mask is True, else 0",),
    "clip": ("G where x lies between the limits, else 0",),
    "conv": ("G convolved with the kernel", "x correlated with G", "G, summed over samples and places"),
    "max_pool": ("G at the largest entry of each window, else 0",),
    "inv": ("-out.T @ G @ out.T",),
    "det": ("G * out * inv(x).T",),
}


def matrix_formula(
    op: str, operands: Sequence[str], slot: int, ndims: Sequence[int], attrs: Mapping[str, Any] | None = None
) -> str | None:
    """The gradient of an operand in terms of ``G``; None where no formula is written down.

    ``rows(x)`` has all axes but the last joined, ``sum_rows`` adds up the rows of a matrix, ``row_sums`` the numbers in
    each row, and ``column(G)`` has one more axis of length 1 at the end.

    >>> from autograd.view.chain.formulas import matrix_formula
    >>> matrix_formula("linear", ("x", "weight", "bias"), 1, (2, 2, 1)), matrix_formula("tanh", ("x",), 0, (2,))
    ('G.T @ x', 'G * (1 - out ** 2)')
    """
    if op in ("matmul", "dot"):
        return _product(slot, ndims) if op == "matmul" or max(ndims) <= 2 else None
    if op in ("concatenate", "stack"):
        return "the part of G that came from here"
    if op == "linear" and ndims[0] != 2:
        of_vector, of_stack = (
            ("G @ weight", "outer(G, x)", "G"),
            ("G @ weight", "rows(G).T @ rows(x)", "sum_rows(rows(G))"),
        )
        return (of_vector if ndims[0] == 1 else of_stack)[slot]
    if op in SHARES:
        return _share(op, ndims[0], attrs or {})
    if op in SLOPES and slot < len(SLOPES[op]):
        slope = SLOPES[op][slot]
        return {None: None, "1": "G", "-1": "-G"}.get(slope, f"G * ({slope})")
    return _MATRIX[op][slot] if op in _MATRIX and slot < len(_MATRIX[op]) else None


def _product(slot: int, ndims: Sequence[int]) -> str | None:
    """``x @ y`` for vectors and matrices, for stacks of them where both have as many axes or y is a matrix."""
    left, right = ndims[0], ndims[1]
    if left == right == 1:
        return ("G * y", "G * x")[slot]
    if left <= 2 and right == 1:
        return ("outer(G, y)", "x.T @ G")[slot]
    if left == 1 and right == 2:
        return ("G @ y.T", "outer(x, G)")[slot]
    if right == 2:
        return ("G @ y.T", "x.T @ G" if left == 2 else "rows(x).T @ rows(G)")[slot]
    return ("G @ y.mT", "x.mT @ G")[slot] if left == right else None


def _share(op: str, ndim: int, attrs: Mapping[str, Any]) -> str | None:
    """Softmax and what is made of it, along the last axis."""
    if op == "cross_entropy":
        reduction: str = attrs.get("reduction", "none")
        incoming = "G" if ndim == 1 or reduction == "sum" else "column(G)"
        if reduction == "mean":
            incoming = f"G / {np.size(attrs['labels'])}"
        return f"{incoming} * (softmax(x) - one_hot(labels))"
    axis = attrs.get("axis", -1 if op != "logsumexp" else None)
    if axis is None and ndim == 1:
        axis = -1
    if axis not in (-1, ndim - 1, (-1,), (ndim - 1,)):
        return None
    if op == "logsumexp":
        return "G * softmax(x)" if ndim == 1 or attrs.get("keepdims") else "column(G) * softmax(x)"
    return "out * (G - row_sums(G * out))" if op == "softmax" else "G - exp(out) * row_sums(G)"
