"""The step of an optimizer in place: its formula as a kernel on arrays, with small parameters bundled together."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from optim.bundles import PATIENCE, Bundle, Bundles
from optim.errors import UpdateError
from optim.formula import Formula
from optim.groups import check_parameter
from optim.kernel import Kernel
from optim.tracing import Overflow
from optim.widths import DOUBLE, SINGLE, SMALL_EPS, fitted, of_parameter, of_step, reader_of, wider_than

_HUGE = np.float64(1e300)

# Hyper-parameters at a step, names of the state arrays and what takes these out of a state, settings that all
# optimizers have, and whether squares may vanish beside eps.
Resolved = tuple[dict[str, Any], tuple[str, ...], Callable[[Mapping[str, Any]], Any], dict[str, Any], bool]


class InPlace(Formula):
    """The part of `optim.Optimizer` that updates parameters and their state."""

    t: int
    skipped: tuple[Tensor, ...]
    _ready: tuple[Any, ...] | None = None  # what `_update_as_before` needs

    def _update_all(self) -> None:
        if self._ready is not None and self._update_as_before(*self._ready):
            return
        resolved = [self._resolved(i, group) for i, group in enumerate(self.param_groups)]
        if self.squares:
            with np.errstate(over="call", call=self._note_overflow):
                skipped = self._update(resolved)
            self._say_overflow()
        else:
            skipped = self._update(resolved)
        self.t += 1
        self.skipped = tuple(skipped)
        self._make_ready()

    def _make_ready(self) -> None:
        """Prepare the next step where all parameters are one bundle, which needs no looking up."""
        self._ready = None
        fixed, bundles, kernel = self._fixed.get(0), self._bundles.get(0), self._recent.get(0)
        if fixed is None or bundles is None or kernel is None or len(self.param_groups) > 1 or self.numbers:
            return
        values, (hyper, slots, _, common, tiny) = fixed
        if not (tiny or bundles.alone) and len(bundles.all) == 1:
            (bundle,) = bundles.all
            if kernel.dtype is bundle.p.dtype and kernel.slots == slots:
                self._ready = values, hyper, common, bundles, bundle, kernel

    def _update_as_before(
        self, values: tuple[Any, ...], hyper: dict[str, Any], common: dict[str, Any], bundles: Bundles, bundle: Bundle,
        kernel: Kernel,
    ) -> bool:  # fmt: skip
        """The step of parameters that are one bundle; False, and nothing is changed, where something is new."""
        now = self.param_groups[0].values() if len(self.param_groups) == 1 else ()
        if len(now) != len(values) or not all(map(is_, now, values)):
            return False
        if not (bundles.are_of(self.param_groups[0]["params"], kernel.slots) and bundle.gather(self.state.get)):
            return False
        step = bundle.states[0]["step"] + 1
        settings = self.settings(common, hyper, step, {})
        if kernel.kinds != _kinds(settings):
            return False
        kernel.take(settings)
        with np.errstate(over="call", call=self._note_overflow) if self.squares else nullcontext():
            try:
                kernel.run(bundle.p, bundle.g, *bundle.kept)
            except Overflow:  # before anything was changed
                self._overflowed.clear()
                return False
            bundle.scatter(step)
        bundles.misses = 0
        self._say_overflow()
        self.t += 1
        self.skipped = ()
        return True

    def _say_overflow(self) -> None:
        if self._overflowed:  # not of a square: to be said in the way that the caller has chosen
            self._overflowed.clear()
            np.multiply(_HUGE, _HUGE)

    def _update(self, resolved: Sequence[Resolved]) -> list[Tensor]:
        """Update the parameters that have a gradient; returns the others."""
        skipped = []
        for index, (hyper, slots, read, common, tiny) in enumerate(resolved):
            kernel: Kernel | None = None
            loaded = 0
            params = self.param_groups[index]["params"]
            if not (tiny or self.numbers):
                params = self._update_together(index, params, slots, common, hyper)
            for p in params:
                g = p._grad
                if g is None:
                    skipped.append(p)
                    continue
                data = p._data
                dtype = data.dtype
                if (
                    g.dtype is not dtype
                    or g.base is not None
                    or data.base is not None
                    or g is data
                    or not data.flags.writeable
                ):
                    data, g = _fit(data, g)
                work = dtype if dtype is SINGLE or dtype is DOUBLE else of_parameter(dtype)
                if tiny:
                    work = of_step(data, g, common["decay"], hyper["eps"])
                state = self.state.get(p) or self._adopt(p, index)
                arrays: Any = ()
                if slots:
                    try:
                        arrays = read(state)
                        missing = arrays[0].dtype is not work  # all have one dtype
                    except KeyError:  # hyper-parameters were switched on later
                        missing = True
                    if missing:
                        work, arrays = fitted(state, slots, data, work)
                step = state["step"] + 1
                if kernel is None or loaded != step or kernel.dtype is not work or self.numbers:
                    kernel = self._loaded(index, slots, work, self.settings(common, hyper, step, state))
                    loaded = step
                try:
                    kernel.run(data, g, *arrays)
                except Overflow as overflow:
                    self._go_on_wider(kernel, overflow, data, g, state)
                state["step"] = step
                if data is p._data:
                    p._changed()  # these are no longer the values of the forward pass
                else:
                    p.data = data
        return skipped

    def _update_together(
        self, index: int, params: Sequence[Tensor], slots: tuple[str, ...], common: dict[str, Any],
        hyper: dict[str, Any],
    ) -> Sequence[Tensor]:  # fmt: skip
        """Update the small parameters of a group as one array; returns those that are left, to be updated alone."""
        bundles = self._bundles.get(index)
        if bundles is None or (bundles.all and not bundles.are_of(params, slots)):
            if all(p._grad is None for p in params):
                return params
            work = of_parameter(params[0].dtype)
            calls = self._loaded(index, slots, work, self.settings(common, hyper, 1, {})).program.calls
            bundles = self._bundles[index] = Bundles(params, self.state.get, slots, calls, self._scratch)
        if not bundles.all:
            return params
        missed: list[Tensor] = []
        for bundle in bundles.all:
            if bundle.gather(self.state.get):
                step = bundle.states[0]["step"] + 1
                kernel = self._loaded(index, slots, bundle.p.dtype, self.settings(common, hyper, step, {}))
                try:
                    kernel.run(bundle.p, bundle.g, *bundle.kept)
                except Overflow:  # in one of them, before anything was changed
                    self._overflowed.clear()
                else:
                    bundle.scatter(step)
                    continue
            missed += bundle.params
        if not missed:
            bundles.misses = 0
            return bundles.alone
        bundles.misses += 1
        if bundles.misses == PATIENCE:
            del self._bundles[index]
        left = {*bundles.alone, *missed}
        return [p for p in params if p in left]

    def _go_on_wider(
        self, kernel: Kernel, overflow: Overflow, data: NDArray[Any], g: NDArray[Any], state: dict[str, Any]
    ) -> None:
        """Finish an update in a wider dtype, which squares do not overflow, and keep the state in it."""
        self._overflowed.clear()
        wider = wider_than(kernel.dtype)
        for name in kernel.slots:
            state[name] = state[name].astype(wider)
        exact = data.astype(wider)
        arrays = [exact, g.astype(wider), *(state[name] for name in kernel.slots)]
        self._kernel(kernel.slots, wider, dict(kernel.loaded)).run(*map(overflow.left, arrays))
        data[...] = exact

    def _note_overflow(self, *_: Any) -> None:
        self._overflowed.append(True)

    def _adopt(self, p: Tensor, index: int) -> dict[str, Any]:
        """Make the state of a parameter that was added to ``param_groups`` by hand."""
        check_parameter(type(self).__name__, p, len(self.state))
        state = self.state[p] = self.new_state(p, self.param_groups[index])
        return state

    def _resolved(self, index: int, group: dict[str, Any]) -> Resolved:
        """The settings of a group at this step; those of a group without a schedule are kept."""
        values = tuple(group.values())
        known = self._fixed.get(index)
        if known is not None and len(known[0]) == len(values) and all(map(is_, known[0], values)):
            return known[1]
        hyper: dict[str, Any] = self.resolve(group, self.t)
        slots = self.slots(group)
        tiny = self.squares and hyper.get("eps", 1.0) < SMALL_EPS
        resolved: Resolved = hyper, slots, reader_of(slots), self.common(hyper), tiny
        if all(rule.is_fixed(group[name]) for name, rule in self.rules.items()):
            self._fixed[index] = values, resolved
        return resolved

    def _loaded(self, index: int, slots: tuple[str, ...], dtype: np.dtype[Any], settings: dict[str, Any]) -> Kernel:
        """The kernel of a group with these settings, usually that of the last step."""
        kernel = self._recent.get(index)
        if kernel is None or kernel.dtype is not dtype or kernel.slots != slots or kernel.kinds != _kinds(settings):
            kernel = self._recent[index] = self._kernel(slots, dtype, settings)
        elif kernel.loaded != settings:
            kernel.take(settings)
        return kernel

    def _kernel(self, slots: tuple[str, ...], dtype: np.dtype[Any], settings: dict[str, Any]) -> Kernel:
        """The program of the update for these settings, with the coefficients filled in."""
        kinds = _kinds(settings)
        key = (dtype, slots, kinds)
        kernel = self._kernels.get(key)
        if kernel is None:
            for name, value in settings.items():
                if value is not None and not isinstance(value, float | bool | str):
                    raise UpdateError(
                        f"{type(self).__name__}: the coefficient {name} must be a Python float, not {value!r}."
                    )
            types = dict(zip(settings, kinds, strict=True))
            seen = self._overflowed if wider_than(dtype) is not dtype else ()  # the widest lets infinities be
            kernel = self._kernels[key] = Kernel(self.expression, slots, types, dtype, seen)
        kernel.take(settings)
        return kernel

    def _forget(self) -> None:
        """Drop everything that can be rebuilt, which is neither copied nor pickled."""
        self._kernels: dict[Any, Kernel] = {}
        self._recent: dict[int, Kernel] = {}
        self._fixed: dict[int, tuple[tuple[Any, ...], Resolved]] = {}
        self._bundles: dict[int, Bundles] = {}
        self._scratch: dict[np.dtype[Any], NDArray[Any]] = {}  # where parameters and gradients lie side by side
        self._ready = None
        self._overflowed: list[bool] = []  # whether a number has overflowed in this step


def _fit(data: NDArray[Any], g: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values that can be written to, and a gradient of their dtype in other memory (one may write w.grad = w.data)."""
    if not data.flags.writeable:
        data = data.copy()
    if g.dtype != data.dtype:
        return data, g.astype(data.dtype)
    return data, g.copy() if np.may_share_memory(g, data) else g


def _kinds(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """The kinds of settings for which a program is written; numbers are filled in later."""
    return tuple([float if value.__class__ is float else value for value in settings.values()])
