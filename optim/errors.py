"""The exceptions of the optimizers: one class per mistake.

Each docstring documents its mistake: an example that raises it, the cause, the fix. Every class also derives from the
built-in exception that Python would raise for the same mistake.
"""


class OptimizerError(Exception):
    """Base class of all errors that the optimizers raise themselves.

    >>> from autograd import tensor
    >>> from optim import SGD, OptimizerError
    >>> try:
    ...     SGD([tensor([1.0], requires_grad=True)], lr=-0.1)
    ... except OptimizerError as error:
    ...     print(type(error).__name__)
    HyperparameterError
    """


class HyperparameterError(OptimizerError, ValueError):
    """A hyper-parameter is unknown, has the wrong type or lies outside its range.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> SGD([tensor([1.0], requires_grad=True)], lr=-0.1)
    Traceback (most recent call last):
    ...
    optim.errors.HyperparameterError: SGD: lr must be a number with 0 <= lr < inf, or a function of the step that \
returns one; got -0.1.
    """


class NoGradientWarning(UserWarning):
    """A step of an optimizer has changed nothing, because no parameter has a gradient, and none ever had.

    The warning is issued once for each optimizer; after a step with gradients, one without them is no mistake.

    >>> import warnings
    >>> from autograd import tensor
    >>> from optim import SGD
    >>> w = tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     (w * w).sum().backward()
    ...     optimizer.zero_grad()  # in the wrong place
    ...     optimizer.step()
    >>> print(str(caught[0].message)[:75])
    SGD.step() has changed nothing: its one parameter has no gradient. Was back
    """


class ParameterError(OptimizerError, ValueError):
    """The parameters to be optimized are not a list of distinct Tensors that can be updated.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> w = tensor([1.0], requires_grad=True, name="w")
    >>> SGD([w, w], lr=0.1)
    Traceback (most recent call last):
    ...
    optim.errors.ParameterError: SGD: parameter 1 (w, shape (1,), float64) was given before: it would be updated \
twice in a step. Pass each parameter once, in one group.
    """


class GradientError(OptimizerError, ValueError):
    """`Optimizer.functional` was given a parameter or gradient whose shape differs from the optimizer's own.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> w = tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> SGD([w], lr=0.1).functional([w], [tensor([1.0])])
    Traceback (most recent call last):
    ...
    optim.errors.GradientError: SGD: functional() was given a parameter of shape (2,) and a gradient of shape (1,) for \
parameter 0 (w, shape (2,), float64).
    """


class StateError(OptimizerError, ValueError):
    """A state belongs to another optimizer or to other parameters.

    >>> from autograd import tensor
    >>> from optim import SGD, Adam
    >>> w = tensor([1.0], requires_grad=True)
    >>> Adam([w]).load_state_dict(SGD([w], lr=0.1).state_dict())
    Traceback (most recent call last):
    ...
    optim.errors.StateError: Adam: this state was saved by SGD. Nothing was loaded.
    """


class UpdateError(OptimizerError, TypeError):
    """An update is not a pure elementwise expression, so it cannot run in place over blocks.

    >>> import numpy as np
    >>> from optim.tracing import record
    >>> record(lambda p, g, lr: (p - lr * np.cumsum(g),), (), {"lr": float}, np.dtype(float))
    Traceback (most recent call last):
    ...
    optim.errors.UpdateError: an update may use Python's arithmetic and elementwise NumPy functions, not \
numpy.cumsum: each entry may depend only on the same entry of its operands.
    """
