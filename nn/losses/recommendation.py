"""Which output activation and which loss suit a problem."""

from __future__ import annotations

from typing import NamedTuple


class Recommendation(NamedTuple):
    """The advice of `recommend`: activations by their names in `MLP`, losses by their names in `nn`."""

    problem: str
    loss: str  # of the output of the network
    targets: str  # that this loss takes
    answer: str  # the activation that turns the output of the network into an answer
    separately: str  # that activation as the last layer, and the loss after it


_TABLE = [
    Recommendation(
        "regression", "MSELoss", "numbers, in the shape of the output", "identity", "'identity' with MSELoss"
    ),
    Recommendation(
        "binary",
        "BCEWithLogitsLoss",
        "0 or 1, or probabilities, in the shape of the output (N, 1)",
        "sigmoid",
        "'sigmoid' with BCELoss",
    ),
    Recommendation(
        "multiclass",
        "CrossEntropyLoss",
        "class indices of shape (N,), or probabilities of shape (N, C)",
        "softmax",
        "'log_softmax' with NLLLoss",
    ),
    Recommendation(
        "multilabel",
        "BCEWithLogitsLoss",
        "0 or 1 for each label, in the shape of the output (N, C)",
        "sigmoid",
        "'sigmoid' with BCELoss",
    ),
]


def recommend(problem: str) -> Recommendation:
    """The loss and the output activation for "regression", "binary", "multiclass" or "multilabel" problems.

    The network itself ends without an activation (``output_activation=None``): the losses for classes apply their own,
    because only both together are accurate for all scores. For predictions, turn scores into probabilities with it.

    Raises ValueError for any other problem.

    >>> import nn
    >>> advice = nn.recommend("binary")
    >>> advice.loss, advice.answer
    ('BCEWithLogitsLoss', 'sigmoid')
    >>> loss = getattr(nn, advice.loss)()
    """
    for row in _TABLE:
        if row.problem == problem:
            return row
    raise ValueError(f"problem must be one of {[row.problem for row in _TABLE]}, not {problem!r}.")
