"""The gradient of an operand as a formula of matrices, as the record of the op has it, or as its slope says.

Numbers never come from here: they come from the rules, and the tests compare both. This module must not know any graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def matrix_formula(op: Any, slot: int, ndims: Sequence[int], attrs: Mapping[str, Any] | None = None) -> str | None:
    """The gradient of an operand in terms of ``G``; None where no formula is written down.

    ``rows(x)`` has all axes but the last joined, ``sum_rows`` adds up the rows of a matrix, ``row_sums`` the numbers in
    each row, and ``column(G)`` has one more axis of length 1 at the end.

    >>> from autograd.engine.op import REGISTRY
    >>> from autograd.view.chain.formulas import matrix_formula
    >>> matrix_formula(REGISTRY["linear"], 1, (2, 2, 1)), matrix_formula(REGISTRY["tanh"], 0, (2,))
    ('G.T @ x', 'G * (1 - out ** 2)')
    """
    facts = op.facts
    if callable(facts.matrix):
        found: str | None = facts.matrix(slot, ndims, {**op.attributes, **(attrs or {})})
        return found
    written: str | None = facts.of_operand(facts.matrix, slot)
    slope = facts.of_operand(facts.slope, slot)
    if written or facts.kind != "elementwise" or not isinstance(slope, str):
        return written
    return {"1": "G", "-1": "-G"}.get(slope, f"G * ({slope})")
