"""Hints for names of other libraries, from words.txt, which docs/coming-from-*.md are made from too."""

import os
from collections.abc import Iterable
from functools import cache, partial
from inspect import CO_VARKEYWORDS, Parameter, Signature
from typing import TYPE_CHECKING, Any, NamedTuple

with open(os.path.join(os.path.dirname(__file__), "words.txt"), encoding="utf-8") as _file:
    _TEXT = _file.read()


class Word(NamedTuple):
    """A name of another library, and its replacement here: code, a remark, or both."""

    place: str
    word: str
    libraries: str
    ours: str
    remark: str

    @property
    def hint(self) -> str:
        """The replacement as a sentence, for messages."""
        return " ".join(filter(None, [self.ours and f"Write {self.ours}.", self.remark]))


@cache
def words() -> dict[tuple[str, str], Word]:
    """The table, by place and name, read the first time that a name is not found."""
    rows = [Word(*map(str.strip, line.split("|"))) for line in _TEXT.splitlines() if line and line[0] != "#"]
    return {(row.place, word): row for row in rows for word in row.word.split(", ")}


def hint_for(place: str, name: str) -> str:
    """What to write instead of a name of another library; empty for one that is not in the table."""
    word = words().get((place, name))
    return word.hint if word else ""


def refuse_words(function: str, names: Iterable[str]) -> None:
    """Refuse keyword arguments that a function does not have, with the spelling used here."""
    for name in names:
        words_of_python = f"{function}() got an unexpected keyword argument {name!r}"
        raise TypeError(f"{words_of_python}. {hint}" if (hint := hint_for("argument", name)) else words_of_python)


class _Absent:  # its docstring is what `help` shows of a word
    def __set_name__(self, home: type, name: str) -> None:
        self.home, self.name, self.place = home, name, home.__name__.removesuffix("Words")

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return hint_for(self.place, self.name)

    def __get__(self, owner: Any, kind: type) -> Any:
        if any(self.name in vars(base) for base in kind.__mro__[kind.__mro__.index(self.home) + 1 :]):
            return getattr(super(self.home, kind if owner is None else owner), self.name)  # of a class beside ours
        whose = f"type object {kind.__name__!r}" if owner is None else f"{kind.__name__!r} object"
        message = f"{whose} has no attribute {self.name!r}. {self.__doc__}"
        raise AttributeError(message, name=self.name, obj=None)  # of no object, whose names Python would suggest


def _absent(place: str) -> dict[str, Any]:
    """The names of a place as missing attributes: asking for one raises an error with its replacement."""
    rows = _TEXT.split(f"\n{place} | ")[1:]
    names = {name: _Absent() for row in rows for name in row.partition(" |")[0].split(", ")}

    def __dir__(self: Any) -> list[str]:
        return [name for name in object.__dir__(self) if name not in names or hasattr(self, name)]

    return {"__dir__": __dir__, **names}


class Answering:
    """Base class that answers keyword arguments of other libraries with the spelling used here.

    >>> import nn
    >>> nn.Dropout(rate=0.5)
    Traceback (most recent call last):
    ...
    TypeError: Dropout.__init__() got an unexpected keyword argument 'rate'. Write nn.Dropout(p=0.2).
    """

    __slots__ = ()

    if not TYPE_CHECKING:

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            code = getattr(cls.__init__, "__code__", None)
            if code is None and (args or kwargs) and cls.__init__ is object.__init__:
                raise TypeError(f"{cls.__name__}() takes no arguments")
            if kwargs and code is not None and not code.co_flags & CO_VARKEYWORDS:
                known = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}
                refuse_words(f"{cls.__name__}.__init__", filter(partial(hint_for, "argument"), kwargs.keys() - known))
            return super().__new__(cls)

        # What a class without a constructor of its own shows.
        __new__.__signature__ = Signature([Parameter("cls", Parameter.POSITIONAL_ONLY)])


class TensorWords:
    """Names of other libraries: the error for each says what to write here."""

    __slots__ = ()
    vars().update(_absent("Tensor"))


class ModuleWords(Answering):
    """Names of other libraries: the error for each says what to write here."""

    vars().update(_absent("Module"))


class OptimizerWords(Answering):
    """Names of other libraries: the error for each says what to write here."""

    vars().update(_absent("Optimizer"))
