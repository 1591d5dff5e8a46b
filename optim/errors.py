"""The exceptions of the optimizers: one class per mistake.

Each docstring is the documentation of its mistake: an example that raises it, the cause, the fix. Every class is also
the built-in exception that Python would raise for the same mistake.
"""


class OptimizerError(Exception):
    """Base class of every error that the optimizers raise on their own account.

    >>> from autograd import tensor
    >>> from optim import SGD, OptimizerError
    >>> try:
    ...     SGD([tensor([1.0], requires_grad=True)], lr=-0.1)
    ... except OptimizerError as error:
    ...     print(type(error).__name__)
    HyperparameterError
    """


class HyperparameterError(OptimizerError, ValueError):
    """A hyper-parameter is unknown, of the wrong kind or outside its range.

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

    It is said once for each optimizer; a step without gradients among others is no slip.

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
    """What was given to be optimized is not a list of different Tensors that can be changed.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> w = tensor([1.0], requires_grad=True, name="w")
    >>> SGD([w, w], lr=0.1)
    Traceback (most recent call last):
    ...
    optim.errors.ParameterError: SGD: parameter 1 (w, shape (1,), float64) was given before: it would be updated \
twice in a step. Give each parameter once, in one group.
    """


class GradientError(OptimizerError, ValueError):
    """`Optimizer.functional` was given a parameter or gradient of another shape than the optimizer's own.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> w = tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> SGD([w], lr=0.1).functional([w], [tensor([1.0])])
    Traceback (most recent call last):
    ...
    optim.errors.GradientError: SGD: functional() was given shape (2,) and a gradient of shape (1,) for parameter 0 \
(w, shape (2,), float64).
    """


class StateError(OptimizerError, ValueError):
    """A state belongs to another optimizer, or to other parameters.

    >>> from autograd import tensor
    >>> from optim import SGD, Adam
    >>> w = tensor([1.0], requires_grad=True)
    >>> Adam([w]).load_state_dict(SGD([w], lr=0.1).state_dict())
    Traceback (most recent call last):
    ...
    optim.errors.StateError: Adam: this state was saved by SGD. Nothing was loaded.
    """


class UpdateError(OptimizerError, TypeError):
    """An update does something that cannot be run in place over blocks: it is not a pure elementwise expression.

    >>> import numpy as np
    >>> from optim.tracing import record
    >>> record(lambda p, g, lr: (p - lr * np.cumsum(g),), (), {"lr": float}, np.dtype(float))
    Traceback (most recent call last):
    ...
    optim.errors.UpdateError: an update may use Python's arithmetic and elementwise NumPy functions, not \
numpy.cumsum: each entry must depend on the same entry of its operands alone.
    """
