"""``x += 1`` and its kind: inside ``no_grad()`` they change a leaf that requires a gradient, outside they raise."""

from collections.abc import Callable
from typing import Any

from autograd.engine.graph import STATE, Leaf
from autograd.engine.tensor import Tensor
from autograd.errors import LeafUpdateError
from autograd.operand_errors import explain, operand
from autograd.tensor_data import Argument


def in_place(op: Any, change: Callable[[Any, Any], Any]) -> Callable[[Tensor, Any], Any]:
    """An op as ``__iadd__`` or the like; ``change`` is that operator of arrays, with NumPy's rules for dtypes."""

    def changed(self: Tensor, other: Any) -> Any:
        node = self._node
        if node is not None and node.__class__ is not Leaf:
            return NotImplemented  # Python goes on with x = x + other
        if self._info.__class__ is Argument or not (self._requires_grad or self._held):
            return NotImplemented
        live = isinstance(other, Tensor) and other._requires_grad
        if STATE.get().grad and (self._requires_grad or live):
            raise refused(self, f"{op.facts.symbol}=", f"{{0}} {op.facts.symbol}= ...", f"{{0}} {op.facts.symbol} ...")
        array = other._data if isinstance(other, Tensor) else operand(op, "y", other, False)
        try:
            change(self._data, array)
        except (ValueError, TypeError) as error:  # refused by NumPy, before anything was written
            raise explain(op, (self, other), None, error) from error
        except ArithmeticError:  # np.errstate(all="raise") raises after it
            self._changed()
            raise
        self._changed()  # graphs made before must not use it any more
        return self

    changed.__name__ = changed.__qualname__ = f"__{change.__name__}__"
    changed.__doc__ = f"``x {op.facts.symbol}= y``: see `autograd.inplace`."
    return changed


def refused(x: Tensor, word: str, there: str, instead: str) -> LeafUpdateError:
    """The error for a call that changes a leaf under the graph; {0} is the leaf's name in the two replacements."""
    name = x.name if x.name and x.name.isidentifier() else "x"
    what = "a leaf that requires a gradient" if x._requires_grad else "a leaf that a module holds"
    return LeafUpdateError(
        f"{x._describe()} is {what}, and {word} would change it under the graph. To change it, as in a step of "
        f"gradient descent, write this inside no_grad(): with no_grad(): {there.format(name)} To compute a new Tensor "
        f"from it, write {name} = {instead.format(name)}"
    )
