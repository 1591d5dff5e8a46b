"""The exceptions of the engine: one class per mistake.

Each docstring is the documentation of its mistake: an example that raises it, the cause, the fix. Every class is also
the built-in exception that NumPy or Python would raise for the same mistake, so that existing ``except ValueError``
clauses keep working.
"""

from typing import TYPE_CHECKING, Any

import numpy as np


class AutogradError(Exception):
    """Base class of every error that the engine raises on its own account.

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
    """A gradient does not have the shape of the Tensor it belongs to.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> (tensor([1.0, 2.0], requires_grad=True) * 3).backward(np.ones(3))
    Traceback (most recent call last):
    ...
    autograd.errors.GradientShapeError: the gradient given to backward() has shape (3,), but the Tensor \
(multiply) has shape (2,): there must be one entry of gradient for each entry of the Tensor.
    """


class GraphReleasedError(AutogradError, RuntimeError):
    """A second backward pass reached a part of the graph that the first pass has released.

    >>> from autograd import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> y.backward()
    >>> y.backward()
    Traceback (most recent call last):
    ...
    autograd.errors.GraphReleasedError: this graph was released by an earlier backward pass: multiply no longer \
has the values that its rule needs. Pass retain_graph=True to the earlier call when you need the graph twice, \
run the forward pass again, or detach() what you carry over from one pass to the next.
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
    """An array that an operation kept for the backward pass was changed in place since; seen inside ``debug()``.

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
y) for the backward pass, so the gradient would be that of no computation at all.
      kept by multiply at ...
      likely fix: make a new array: x = x + 1 in place of x += 1 or x[...] = ..., and for a parameter, after the \
backward pass, w.data = w.data - lr * g
    """


class NonFiniteError(AutogradError, FloatingPointError):
    """A value or a gradient is not finite (nan or inf) for the first time; seen inside ``debug()``.

    The message names the op, the entry, its operands there, the line and the module, and, when it is one of the known
    patterns (log of 0, 0/0, the untaken branch of a ``where``, ...), the rewrite that avoids it. ``op`` is the name of
    the op, ``entry`` the index, ``pattern`` and ``fix`` are the diagnosis and the rewrite, or empty, and ``backward``
    says whether it happened in a backward pass.

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
    """A function given to a transform read plain values of an argument, and its output depends on them alone.

    So the derivative for that argument is 0, which is hardly meant. Compute with the Tensor itself.

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
    """A gradient was asked of something that does not depend on any Tensor with ``requires_grad=True``.

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
    """A gradient was asked of data that has none: integers, booleans, complex numbers or objects.

    >>> from autograd import tensor
    >>> tensor([1, 2, 3], requires_grad=True)
    Traceback (most recent call last):
    ...
    autograd.errors.InvalidDtypeError: only real floating data can require a gradient, and this is int64: a small \
step of an integer does not exist. Write the numbers as floats ([1.0, 2.0]) or pass dtype=float.
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
    """``x += 1`` was written for a leaf that requires a gradient, while a graph is recorded.

    Python would bind the name to a new Tensor and leave the leaf as it was, so a step of descent would train nothing.
    Inside ``no_grad()`` the leaf itself is changed, with NumPy's rules for dtypes and shapes.

    >>> from autograd import no_grad, tensor
    >>> w = tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> w -= 0.5
    Traceback (most recent call last):
    ...
    autograd.errors.LeafUpdateError: w (shape (2,), float64) is a leaf that requires a gradient, and -= would change \
it under the graph. To change it, as in a step of descent, write it inside no_grad(): with no_grad(): w -= ... For a \
new Tensor that is computed from it, write w = w - ...
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

    NumPy would otherwise store a detached number at ``array[0] = t`` without a word.

    >>> from autograd import tensor
    >>> float(tensor(2.0, requires_grad=True) * 3)
    Traceback (most recent call last):
    ...
    autograd.errors.LiveGraphError: float() of a Tensor (multiply) that requires a gradient would cut it off from \
its graph silently. Where no gradient is wanted, read plain values with .item(). Go on with the Tensor itself, with \
NumPy's functions in place of math's; to build an array from Tensors use np.stack or .at[].
    """


class ArrayConversionError(AutogradError, TypeError):
    """NumPy tried to make a plain array of a Tensor that requires a gradient.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> np.asarray(tensor([1.0, 2.0], requires_grad=True))
    Traceback (most recent call last):
    ...
    autograd.errors.ArrayConversionError: a Tensor (shape (2,), float64) that requires a gradient is not turned \
into a plain array silently. Where no gradient is wanted, read plain values with .numpy() or .detach(). To build an \
array from Tensors use np.stack or np.concatenate, and .at[] in place of assignment.
    """


class StackingError(ArrayConversionError):
    """``np.array([t1, t2])`` was called: NumPy cannot build a differentiable array from a list of Tensors.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> t = tensor(1.0, requires_grad=True)
    >>> np.array([t, t])
    Traceback (most recent call last):
    ...
    autograd.errors.StackingError: NumPy cannot make an array of a list of Tensors without losing their graph. \
Write np.stack([...]) (or np.concatenate for arrays that have the axis already), which is differentiable; to put \
values into an array use .at[].set(...).
    """


class NotDifferentiable(AutogradError, TypeError):
    """A NumPy function (or a way of calling it) without a rule was applied to a Tensor.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> np.fft.fft(tensor([1.0, 2.0]))
    Traceback (most recent call last):
    ...
    autograd.errors.NotDifferentiable: numpy.fft.fft has no rule for Tensors. Use .numpy() for a plain \
value without gradient, or give it a rule with custom_op(forward, vjp).
    """


class OperandError(AutogradError, ValueError):
    """The operands of an operation do not fit together; NumPy's own error is chained.

    The message names the op, the module in whose call it ran, and each operand with name, shape, dtype and the line
    that made it. When one small change (a transposition, ``keepdims=True``, a new axis, another axis, a reshape) makes
    the shapes agree, it is the last line; the change was tried before it is proposed. ``op`` is the record of the op,
    ``operands`` are what it was applied to, ``fix`` is the change or an empty string.

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

    op: Any = None
    operands: tuple[Any, ...] = ()
    fix: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args  # a graph stays in its process


class OperandIndexError(OperandError, IndexError):
    """An index that the operand does not have; an IndexError, too.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0], name="t")[5]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandIndexError: getitem: index 5 is out of bounds for axis 0 with size 2
      x = t: shape (2,), float64, made at ...
    """


class OperandAxisError(OperandError, np.exceptions.AxisError):
    """An axis that the operand does not have; NumPy's AxisError, too, and so a ValueError and an IndexError.

    Axes are numbered from 0, and -1 is the last one.

    >>> from autograd import tensor
    >>> tensor([[1.0, 2.0]], name="t").sum(axis=2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandAxisError: sum: axis 2 is out of bounds for array of dimension 2
      x = t: shape (1, 2), float64, made at ...
      likely fix: axis=1 in place of axis=2
    """


class OperandLinAlgError(OperandError, np.linalg.LinAlgError):
    """A matrix that an operation of linear algebra does not take: singular, not square, not positive definite.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> np.linalg.inv(tensor([[1.0, 2.0], [2.0, 4.0]], name="a"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandLinAlgError: inv: Singular matrix
      x = a: shape (2, 2), float64, made at ...
    """


class OperandTypeError(OperandError, TypeError):
    """An operand, or an attribute of the operation, is of a type that it cannot compute with; a TypeError, too.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0], name="t") + None  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.OperandTypeError: add: unsupported operand type(s) for +: 'float' and 'NoneType'
      x = t: shape (2,), float64, made at ...
      y = None
    """


class RuleError(AutogradError, TypeError):
    """An op was registered with a rule that names something the engine cannot give it, or without a fact that it needs.

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
