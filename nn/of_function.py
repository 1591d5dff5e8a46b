"""Modules that store the settings of a function and call it."""

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from autograd import Tensor
from autograd.words import hint_for
from nn.module import Module

if TYPE_CHECKING:  # a base for each class, with the signatures that are found at run time
    from nn import of as of
else:
    of = type("of", (), {"__getattr__": lambda self, name: _OfFunction})()


class _Signature:
    """That of the constructor, for `help`: the function's, without the operands."""

    def __get__(self, module: Any, cls: "type[_OfFunction]") -> inspect.Signature | None:
        if module is not None or not cls._function or not cls.__init__.__code__.co_flags & inspect.CO_VARARGS:
            return None  # a constructor of its own says what it takes
        given = inspect.signature(cls._function).parameters
        return inspect.Signature([given[name] for name in given if name in cls._settings])


class _OfFunction(Module):
    """A module that stores the settings of the function ``of``: all parameters but its ``operands``, by name.

    If its docstring has no example, the function's is appended. ``inplace`` is accepted for PyTorch compatibility. The
    repr has the settings in ``shown``, or else those that differ from the usual ones. ``axes``: along how many axes
    windows move. ``balanced``: positive and negative inputs pass alike, so weights start as Glorot proposes. ``gated``:
    a sigmoid in it may well be 0 or 1.

    >>> import nn
    >>> nn.CELU(0.5), nn.PairwiseDistance(p=1.0)
    (CELU(alpha=0.5), PairwiseDistance(p=1.0))
    """

    _function: ClassVar[Any] = None
    _settings: ClassVar[dict[str, Any]] = {}  # with the usual values
    _places: ClassVar[tuple[str, ...]] = ()  # of those that need no name
    axes: ClassVar[int] = 0
    _balanced: ClassVar[bool] = False
    _gated: ClassVar[bool] = False
    __signature__: ClassVar[Any] = _Signature()

    def __init_subclass__(
        cls, *, of: Any = None, operands: int = 1, shown: tuple[str, ...] = (), axes: int = 0, balanced: bool = False,
        gated: bool = False,
    ) -> None:  # fmt: skip
        cls.axes = axes or cls.axes
        if of is not None:
            cls._shown_settings, cls._balanced, cls._gated = shown or cls._shown_settings, balanced, gated
            code, named = of.__code__, of.__kwdefaults__ or {}
            cls._function, cls._places = staticmethod(of), code.co_varnames[operands : code.co_argcount]
            defaults = (None,) * len(cls._places) + (of.__defaults__ or ())  # a constructor knows what must be given
            cls._settings = dict(zip(cls._places, defaults[-len(cls._places) :], strict=True)) | named
            if ">>>" not in (cls.__doc__ or ""):
                cls.__doc__ = f"{(cls.__doc__ or '').rstrip()}\n\n    {of.__doc__}"
            for name in cls._settings.keys() - {"training"}:  # also for modules pickled before there was a setting
                setattr(cls, name, cls._settings[name])

    def __init__(self, *args: Any, **settings: Any) -> None:
        given = dict(zip(self._places, args, strict=False)) | settings
        wrong = sorted(given.keys() - self._settings.keys())
        if wrong or len(given) < len(args) + len(settings):
            takes = ", ".join(self._settings) or "no arguments"
            hint = hint_for("argument", wrong[0]) if wrong else ""
            raise TypeError(f"{type(self).__name__} takes {takes}, not {args} and {settings}. {hint}".rstrip())
        for name, value in given.items():
            setattr(self, name, value)

    def forward(self, *operands: Any, **named: Any) -> Tensor:
        found: Tensor = self._function(*operands, **named, **{name: getattr(self, name) for name in self._settings})
        return found

    def extra_repr(self) -> str:
        if self._shown_settings:
            return super().extra_repr()
        named = {k: getattr(self, k) for k, usual in self._settings.items() if usual is not None}  # without weights
        return ", ".join(f"{k}={value!r}" for k, value in named.items() if value != self._settings[k])
