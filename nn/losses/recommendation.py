"""Which output activation and which loss suit a problem."""

from typing import NamedTuple

from autograd.tables import table_of


class Recommendation(NamedTuple):
    """The advice of `recommend`: activations by their names in `MLP`, losses by their names in `nn`."""

    problem: str
    loss: str  # of the output of the network
    targets: str  # that this loss takes
    answer: str  # the activation that turns the output of the network into an answer
    separately: str  # that activation as the last layer, and the loss after it


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
    table = table_of(__name__)
    if problem not in [*table]:
        raise ValueError(f"problem must be one of {[*table]}, not {problem!r}.")
    return Recommendation(problem, **table[problem])
