"""Which output activation and which loss go with a problem."""

from __future__ import annotations

from typing import NamedTuple


class Recommendation(NamedTuple):
    """What `recommend` says: names of activations as for `MLP`, names of losses as in `nn`."""

    problem: str
    loss: str  # on what the network returns
    targets: str  # what that loss takes as targets
    answer: str  # the activation that turns what the network returns into an answer
    separately: str  # that activation as the last layer, and the loss behind it


_TABLE = [
    Recommendation(
        "regression", "MSELoss", "numbers, of the shape of the output", "identity", "'identity' with MSELoss"
    ),
    Recommendation(
        "binary",
        "BCEWithLogitsLoss",
        "0 or 1, or probabilities, of the shape of the output (N, 1)",
        "sigmoid",
        "'sigmoid' with BCELoss",
    ),
    Recommendation(
        "multiclass",
        "CrossEntropyLoss",
        "class numbers of shape (N,), or probabilities of shape (N, C)",
        "softmax",
        "'log_softmax' with NLLLoss",
    ),
    Recommendation(
        "multilabel",
        "BCEWithLogitsLoss",
        "0 or 1 for each label, of the shape of the output (N, C)",
        "sigmoid",
        "'sigmoid' with BCELoss",
    ),
]


def recommend(problem: str) -> Recommendation:
    """The loss and the output activation for "regression", "binary", "multiclass" or "multilabel" problems.

    The network itself ends without activation (``output_activation=None``): the losses for classes contain theirs,
    because together they are exact for scores of any size, and one after the other they are not. The activation turns
    scores into probabilities when an answer is wanted.

    Raises ValueError for another problem.

    >>> import nn
    >>> advice = nn.recommend("binary")
    >>> advice.loss, advice.answer
    ('BCEWithLogitsLoss', 'sigmoid')
    >>> loss = getattr(nn, advice.loss)()
    """
    for row in _TABLE:
        if row.problem == problem:
            return row
    raise ValueError(f"the problems are {', '.join(repr(row.problem) for row in _TABLE)}, not {problem!r}.")
