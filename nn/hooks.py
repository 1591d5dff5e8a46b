"""Module hooks: functions that see the inputs, the outputs and their gradients, and may replace them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, is_grad_enabled
from autograd.callers import users_level
from autograd.engine.op import defop, joint
from autograd.engine.tensor import constant, leaf_of_array, plain
from autograd.hooks import HookHandle, call_hooks
from autograd.modes import changed
from nn.module_paths import Call, divert

__autograd_transparent__ = True

# Several Tensors as they are: the node at which a backward pass has all of their gradients, for a function to see.
_door: Any = defop("_hooked", lambda *xs, see: tuple(map(np.positive, xs)), joint(lambda g, see: see(g)), outputs=True)


class _Hook:
    def __init__(self, function: Any, kind: str, with_kwargs: bool = False, always_call: bool = False) -> None:
        self.function, self.kind, self.with_kwargs, self.always_call = function, kind, with_kwargs, always_call

    def __call__(self, module: Any, args: Any, kwargs: dict[str, Any], *out: Any) -> Any:
        return self.function(module, args, *([kwargs] if self.with_kwargs else ()), *out)


class Hooked:
    """The methods of `Module` that add hooks, which are copied and pickled with it.

    If a hook returns something other than None, that replaces the value it saw. ``prepend`` runs it before the other
    hooks; with ``with_kwargs`` it gets the keyword arguments after ``args``.

    >>> import numpy as np
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    >>> handle = model[0].register_forward_hook(lambda module, args, output: print(module, output.shape))
    >>> out = model(np.ones((4, 2), "float32"))
    Linear(in_features=2, out_features=3, bias=True) (4, 3)
    >>> handle.remove()
    >>> handle = model[0].register_forward_pre_hook(lambda module, args: (2 * args[0],))
    >>> handle = model[1].register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_output[0][0]))
    >>> model(np.ones((1, 2), "float32")).sum().backward()
    tensor([1., 1., 1.], dtype=float32)
    """

    _hooks: list[_Hook] | None = None

    def register_forward_hook(
        self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> HookHandle:
        """Call ``hook(module, args, output)`` after each call; with ``always_call``, also after one that raises."""
        return self._add_hook(_Hook(hook, "forward", with_kwargs, always_call), prepend)

    def register_forward_pre_hook(self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False) -> HookHandle:
        """Call ``hook(module, args)`` before each call; it may return new args (and kwargs, with ``with_kwargs``)."""
        return self._add_hook(_Hook(hook, "forward pre", with_kwargs), prepend)

    def register_full_backward_hook(self, hook: Any, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, grad_input, grad_output)`` once a backward pass has the gradients of the inputs.

        Both are tuples of Tensors, with None where no gradient is required; a value that the hook returns replaces
        ``grad_input``. If no input requires a gradient, it is called once the gradients of the outputs are known.
        """
        return self._add_hook(_Hook(hook, "backward"), prepend)

    def _add_hook(self, hook: _Hook, prepend: bool) -> HookHandle:
        if not callable(hook.function):
            raise TypeError(f"a {hook.kind} hook must be callable, not {hook.function!r:.60}.")
        self._hooks = [] if self._hooks is None else self._hooks
        self._hooks.insert(0 if prepend else len(self._hooks), hook)
        divert(self)
        return HookHandle(self._hooks, hook)

    def _call_hooked(self: Any, frame: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Like `Module._call`, with hooks before and after it."""
        if not self._hooks:  # all were removed
            del self._hooks
            divert(self)
        before, after, backward = (
            [hook for hook in self._hooks or () if hook.kind == kind] for kind in ("forward pre", "forward", "backward")
        )
        out = leave = None
        frame.label, frame.path = frame.paths.find(self)
        try:
            for hook in before:
                if (new := hook(self, args, kwargs)) is not None:
                    if hook.with_kwargs and not (isinstance(new, tuple) and len(new) == 2):
                        raise TypeError(
                            f"a hook with with_kwargs=True must return None or (args, kwargs), not {new!r:.60}."
                        )
                    args, kwargs = new if hook.with_kwargs else (new if isinstance(new, tuple) else (new,), kwargs)
            if backward and is_grad_enabled():
                args, leave = _between(self, [hook.function for hook in backward], args)
            with changed(scope=frame):
                out = self.forward(*args, **kwargs)
            while after:
                new = after.pop(0)(self, args, kwargs, out)
                out = out if new is None else new
            return out if leave is None else leave(out)
        except Exception as error:
            self._say_where(error, frame, args, kwargs)
            for hook in after:
                try:
                    hook.always_call and hook(self, args, kwargs, out)
                except Exception as other:
                    text = f"a forward hook with always_call=True raised {other!r} after the call had raised {error!r}."
                    warnings.warn(text, stacklevel=users_level())
            raise


def _between(module: Any, hooks: list[Any], args: tuple[Any, ...]) -> tuple[tuple[Any, ...], Callable[[Any], Any]]:
    """The inputs, passed through a node, and a function that passes the outputs through one, for hooks to see both."""
    outputs: list[Any] = []  # their gradients, once they are there

    def at_inputs(g: list[Any]) -> list[Any]:
        seen = hooks if outputs else []  # if not, only something inside has a gradient
        for hook in seen:
            new = hook(module, _shown(g), _shown(outputs))
            if new is not None:
                new = new if isinstance(new, tuple | list) else (new,)
                if len(new) != len(g):
                    raise ValueError(f"a backward hook returned {len(new)} gradients, not {len(g)}, one per input.")
                g = [_fitting(n, d) for n, d in zip(new, g, strict=True)]
        outputs.clear()
        return g

    entered, count = _through(args, at_inputs), len(args)
    alone = entered is args  # no input requires a gradient

    def at_outputs(g: list[Any]) -> list[Any]:
        outputs[:] = g
        if alone:
            at_inputs([None] * count)
        return g

    def leave(out: Any) -> Any:
        left = _through(out if type(out) is tuple else (out,), at_outputs)
        return left if type(out) is tuple else left[0]

    return entered, leave


def _through(values: tuple[Any, ...], ask: Callable[[list[Any]], list[Any]]) -> tuple[Any, ...]:
    """The same values, of which those that require a gradient have gone through a node."""
    places, count = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad], len(values)

    def see(g: tuple[Any, ...]) -> tuple[Any, ...]:
        given = dict(zip(places, g, strict=True))
        new = ask([given.get(i) for i in range(count)])  # not `values`: a node must own no Tensor
        return tuple([new[i] for i in places])

    through = iter(_door(*[values[i] for i in places], see=see) if places else ())
    return tuple([next(through) if i in places else x for i, x in enumerate(values)]) if places else values


def _shown(g: list[Any]) -> tuple[Any, ...]:
    return tuple([d if d is None or isinstance(d, Tensor) else constant(np.broadcast_to(d, d.shape)) for d in g])


def _fitting(new: Any, d: Any) -> Any:
    """The value that a hook returned to replace a gradient, checked as hooks on Tensors are."""
    if new is None or d is None:
        return None
    return call_hooks([lambda _: new if isinstance(d, Tensor) else plain(new)], leaf_of_array(np.asarray(plain(d))), d)
