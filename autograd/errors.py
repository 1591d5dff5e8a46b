"""The exceptions of the engine: one class per mistake.

Each docstring documents its mistake: an example that raises it, the cause, the fix. Every class is also the built-in
exception that NumPy or Python would raise for the mistake, so existing ``except ValueError`` clauses keep working.
"""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np


class AutogradError(Exception):
    """Base class of all errors that the engine itself raises.

    >>> from autograd import AutogradError, tensor
    >>> try:
    ...     tensor([1.0, 2.0], requires_grad=True).backward()
    ... except AutogradError as error:
    ...     print(type(error).__name__)
    NonScalarBackwardError
    """


class NonScalarBackwardError(AutogradError, ValueError):
    """``backward()`` without a gradient was called on something that is not a single number.

    >>> from autograd import tensor
    >>> (tensor([1.0, 2.0], requires_grad=True) * 3).backward()
    Traceback (most recent call last):
    ...
    autograd.errors.NonScalarBackwardError: backward() starts from a single number, but this Tensor (multiply) \
has shape (2,). Reduce it first (for example .sum() or .mean()), or say how much each entry counts: \
backward(gradient=...) with an array of shape (2,).
    """


class GradientShapeError(AutogradError, ValueError):
    """A gradient has a different shape from its Tensor.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> (tensor([1.0, 2.0], requires_grad=True) * 3).backward(np.ones(3))
    Traceback (most recent call last):
    ...
    autograd.errors.GradientShapeError: the gradient given to backward() has shape (3,), but the Tensor \
(multiply) has shape (2,): pass one entry of gradient for each entry of the Tensor.
    """


class GraphReleasedError(AutogradError, RuntimeError):
    """A second backward pass reached a part of the graph that an earlier pass has released.

    >>> from autograd import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> y.backward()
    >>> y.backward()
    Traceback (most recent call last):
    ...
    autograd.errors.GraphReleasedError: this graph was released by an earlier backward pass: multiply no longer \
has the values that its rule needs. Pass retain_graph=True to the earlier call if you need the graph twice, \
run the forward pass again, or detach() the values carried over from one pass to the next.
    """


class StaleLeafError(AutogradError, RuntimeError):
    """A leaf was changed between the forward and the backward pass, so its gradient would be silently wrong.

    >>> from autograd import tensor
    >>> w = tensor(3.0, requires_grad=True, name="w")
    >>> loss = w * w
    >>> w.data -= 1.0
    >>> loss.backward()
    Traceback (most recent call last):
    ...
    autograd.errors.StaleLeafError: w (shape (), float64) was changed after multiply had used it: the gradient \
would mix old and new values. Call backward() before changing it, or run the forward pass again.
    """


class InPlaceError(AutogradError, RuntimeError):
    """An array was changed in place after an operation had kept it for the backward pass.

    >>> import numpy as np
    >>> from autograd import debug, tensor
    >>> x, scale = tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    >>> with debug():
    ...     loss = (x * scale).sum()
    ...     scale += 1.0
    ...     loss.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.InPlaceError: an array of shape (2,) was changed in place after multiply had kept it (its operand \
y) for the backward pass, so the gradient would be wrong.
      kept by multiply at ...
      likely fix: make a new array: x = x + 1 instead of x += 1 or x[...] = ..., and update a parameter after the \
backward pass, with w.data = w.data - lr * g
    """


class NonFiniteError(AutogradError, FloatingPointError):
    """A value or a gradient is not finite (nan or inf); raised inside ``debug()``, at the first one.

    The message names the op, the entry, its operands there, the line and the module, and, for known patterns (log of 0,
    0/0, the untaken branch of a ``where``, ...), a rewrite that avoids the problem. ``op`` is the name of the op,
    ``entry`` the index, ``pattern`` and ``fix`` are the diagnosis and the rewrite, or empty, and ``backward`` says
    whether it happened in a backward pass.

    >>> from autograd import debug, tensor
    >>> import numpy as np
    >>> p = tensor([0.5, 0.0], requires_grad=True, name="p")
    >>> with debug():
    ...     np.log(p)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.NonFiniteError: log gave -inf at entry (1,): log of 0
      x = p: shape (2,), float64, made at ...; here 0.0
      applied at ...
      likely fix: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0), where x may be 0 (...), or \
np.log(x + 1e-12) for a probability
    """

    op: str = ""
    entry: tuple[int, ...] = ()
    pattern: str = ""
    fix: str = ""
    backward: bool = False


class LeftGraphWarning(UserWarning):
    """A function given to a transform read plain values of an argument, so its output does not depend on the argument.

    The derivative for that argument is then 0, which is rarely intended. Compute with the Tensor itself.

    >>> import warnings
    >>> from autograd import grad
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     grad(lambda x: x.item() ** 2)(3.0)
    0.0
    >>> [warning.category.__name__ for warning in caught]
    ['LeftGraphWarning']
    """


class RequiresGradError(AutogradError, RuntimeError):
    """A gradient was requested from a result that does not depend on any Tensor with ``requires_grad=True``.

    >>> from autograd import tensor
    >>> tensor(3.0).backward()
    Traceback (most recent call last):
    ...
    autograd.errors.RequiresGradError: this Tensor (shape (), float64) does not depend on anything that requires \
a gradient. Create the inputs with requires_grad=True, and check that they were not cut off by detach(), \
no_grad() or an operation without derivative.
    """


class UnusedInputError(AutogradError, ValueError):
    """``gradient(*inputs)`` was asked for an input that the Tensor does not depend on.

    >>> from autograd import tensor
    >>> x, w = tensor(1.0, requires_grad=True), tensor(2.0, requires_grad=True, name="w")
    >>> (x * 2).gradient(x, w)
    Traceback (most recent call last):
    ...
    autograd.errors.UnusedInputError: input 1 of gradient(), w (shape (), float64), was not used to compute this \
Tensor. Pass allow_unused=True to get None for it.
    """


class InvalidDtypeError(AutogradError, TypeError):
    """A gradient was requested for data that cannot have one: integers, booleans, complex numbers or objects.

    >>> from autograd import tensor
    >>> tensor([1, 2, 3], requires_grad=True)
    Traceback (most recent call last):
    ...
    autograd.errors.InvalidDtypeError: only real floating-point data can require a gradient, and this is int64: an \
integer cannot change by a small step. Write the numbers as floats ([1.0, 2.0]) or pass dtype=float.
    """


class ItemAssignmentError(AutogradError, TypeError):
    """``t[i] = v`` would overwrite a value that the graph may still need.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0])[0] = 5.0
    Traceback (most recent call last):
    ...
    autograd.errors.ItemAssignmentError: a Tensor cannot be assigned to in place. Write t = t.at[0].set(value) \
(or .add(value)), which returns a new, differentiable Tensor; to change a leaf outside the graph, assign to t.data.
    """


class LeafUpdateError(AutogradError, RuntimeError):
    """``x += 1`` was applied to a leaf that requires a gradient, while a graph is recorded.

    Python would bind the name to a new Tensor and leave the leaf unchanged, so a step of gradient descent would train
    nothing. Inside ``no_grad()`` the leaf itself is changed, with NumPy's rules for dtypes and shapes.

    >>> from autograd import no_grad, tensor
    >>> w = tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> w -= 0.5
    Traceback (most recent call last):
    ...
    autograd.errors.LeafUpdateError: w (shape (2,), float64) is a leaf that requires a gradient, and -= would change \
it under the graph. To change it, as in a step of gradient descent, write this inside no_grad(): with no_grad(): \
w -= ... To compute a new Tensor from it, write w = w - ...
    >>> with no_grad():
    ...     w -= 0.5
    >>> w.data
    array([0.5, 1.5])
    """


class BooleanValueError(AutogradError, ValueError):
    """The truth value of a Tensor with several (or no) entries is ambiguous, as for arrays.

    >>> from autograd import tensor
    >>> bool(tensor([1.0, 2.0]))
    Traceback (most recent call last):
    ...
    autograd.errors.BooleanValueError: a Tensor of shape (2,) has no single truth value. Compare first and use \
np.any(...) or np.all(...), or np.where(condition, a, b) to choose entry by entry.
    """


class LiveGraphError(AutogradError, TypeError):
    """A Tensor was turned into a plain number (or copied) while its gradient may still be wanted.

    Otherwise NumPy would silently store a detached number at ``array[0] = t``.

    >>> from autograd import tensor
    >>> float(tensor(2.0, requires_grad=True) * 3)
    Traceback (most recent call last):
    ...
    autograd.errors.LiveGraphError: float() of a Tensor (multiply) that requires a gradient would silently cut it off \
from its graph. If you need no gradient, read plain values with .item(). To keep the gradient, compute with the Tensor \
itself, with NumPy's functions instead of math's; to build an array from Tensors, use np.stack or .at[].
    """


class ArrayConversionError(AutogradError, TypeError):
    """NumPy tried to make a plain array from a Tensor that requires a gradient.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> np.asarray(tensor([1.0, 2.0], requires_grad=True))
    Traceback (most recent call last):
    ...
    autograd.errors.ArrayConversionError: a Tensor (shape (2,), float64) that requires a gradient is not \
silently turned into a plain array. If you need no gradient, read plain values with .numpy() or .detach(). To build an \
array from Tensors, use np.stack or np.concatenate, and .at[] instead of assignment.
    """


class StackingError(ArrayConversionError):
    """``np.array([t1, t2])`` was called: NumPy cannot build a differentiable array from a list of Tensors.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> t = tensor(1.0, requires_grad=True)
    >>> np.array([t, t])
    Traceback (most recent call last):
    ...
    autograd.errors.StackingError: NumPy cannot make an array from a list of Tensors without losing their graph. \
Write np.stack([...]) (or np.concatenate for arrays that already have the axis), which is differentiable; to put \
values into an array, use .at[].set(...).
    """


class NotDifferentiable(AutogradError, TypeError):
    """A NumPy function (or one of its options) that has no rule was applied to a Tensor.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> np.fft.fft(tensor([1.0, 2.0]))
    Traceback (most recent call last):
    ...
    autograd.errors.NotDifferentiable: numpy.fft.fft has no rule for Tensors. Use .numpy() for a plain \
value without gradient, or define a rule with custom_op(forward, vjp).
    """


class Operation(Protocol):
    """The record of an op, or the layer in whose call an operand was rejected."""

    name: str
    operands: tuple[str, ...]


class OperandError(AutogradError, ValueError):
    """The operands of an operation do not fit together; NumPy's own error is chained.

    The message names the op, the module in whose call it ran, and each operand with name, shape, dtype and the line
    that made it. If one small change (a transposition, ``keepdims=True``, a new axis, another axis, a reshape) makes
    the shapes agree, the last line proposes it, after trying it out. ``op`` is the record of the op, ``operands`` are
    the values it was applied to, ``fix`` is the change or an empty string.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> x, weight = tensor(np.ones((5, 3)), name="x"), tensor(np.ones((4, 3)), name="weight")
    >>> x @ weight  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandError: matmul: mismatch of the inner lengths, 3 and 4
      x = x: shape (5, 3), float64, made at ...
      y = weight: shape (4, 3), float64, made at ...
      likely fix: x @ weight.T
    """

    op: Operation | None = None
    operands: tuple[object, ...] = ()
    fix: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args  # a graph stays in its process


class OperandIndexError(OperandError, IndexError):
    """An index is out of bounds for its operand; also an IndexError.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0], name="t")[5]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandIndexError: getitem: index 5 is out of bounds for axis 0 with size 2
      x = t: shape (2,), float64, made at ...
    """


class OperandAxisError(OperandError, np.exceptions.AxisError):
    """An axis does not exist in its operand; also NumPy's AxisError, which is a ValueError and an IndexError.

    Axes are numbered from 0, and -1 is the last one.

    >>> from autograd import tensor
    >>> tensor([[1.0, 2.0]], name="t").sum(axis=2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandAxisError: sum: axis 2 is out of bounds for array of dimension 2
      x = t: shape (1, 2), float64, made at ...
      likely fix: axis=1 instead of axis=2
    """


class OperandLinAlgError(OperandError, np.linalg.LinAlgError):
    """A linear algebra operation cannot use a matrix: it is singular, not square, or not positive definite.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> np.linalg.inv(tensor([[1.0, 2.0], [2.0, 4.0]], name="a"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandLinAlgError: inv: Singular matrix
      x = a: shape (2, 2), float64, made at ...
    """


class OperandTypeError(OperandError, TypeError):
    """An operand or attribute has a type that the operation cannot compute with; also a TypeError.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0], name="t") + None  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandTypeError: add: unsupported operand type(s) for +: 'float' and 'NoneType'
      x = t: shape (2,), float64, made at ...
      y = None
    """


class RuleError(AutogradError, TypeError):
    """An op was registered with a rule that asks for an unknown value, or without a required fact.

    >>> import numpy as np
    >>> from autograd.engine.op import defop
    >>> defop("twice", lambda x: 2.0 * x, lambda g, z: 2.0 * g)
    Traceback (most recent call last):
    ...
    autograd.errors.RuleError: op 'twice': the rule of operand x asks for 'z'. A rule may name g, need, out, x, \
x_shape.
    """


if not TYPE_CHECKING:  # a computed list would stop type checkers, which follow the stars
    __all__ = [name for name, value in vars().items() if isinstance(value, type) and issubclass(value, Exception)]
