"""Words of other libraries in the errors of those who look for them here.

The table is words.txt, which is read when a name is not found for the first time; the pages docs/coming-from-*.md are
made of it too.
"""

from __future__ import annotations

import os
from functools import cache
from inspect import CO_VARKEYWORDS, Parameter, Signature
from typing import TYPE_CHECKING, Any, NamedTuple


class Word(NamedTuple):
    """A word, whose it is, and what is written in its place: code, a remark, or both."""

    place: str
    word: str
    libraries: str
    ours: str
    remark: str

    @property
    def hint(self) -> str:
        """The words of a message.

        >>> from autograd.words import Word
        >>> Word("Tensor", "t", "PyTorch", "t.T", "").hint
        'Write t.T.'
        """
        return " ".join(filter(None, [self.ours and f"Write {self.ours}.", self.remark]))


@cache
def words() -> dict[tuple[str, str], Word]:
    """The table, by place and word.

    >>> from autograd.words import words
    >>> words()["nn", "Dense"].ours
    'nn.Linear(3, 2)'
    """
    with open(os.path.join(os.path.dirname(__file__), "words.txt"), encoding="utf-8") as lines:
        rows = [Word(*map(str.strip, line.split("|"))) for line in lines if line.strip() and line[0] != "#"]
    return {(row.place, word): row for row in rows for word in row.word.split(", ")}


def hint_for(place: str, name: str) -> str:
    """What to write in place of a word; nothing for one that is not in the table.

    >>> from autograd.words import hint_for
    >>> hint_for("Tensor", "fliplr"), hint_for("Tensor", "flipper")
    ('Write np.fliplr(t).', '')
    """
    word = words().get((place, name))
    return word.hint if word else ""


def look_again(place: str, owner: Any, name: str) -> Any:
    """Of ``__getattr__``: what Python says of a name that was not found, and ours for it, if another library has it.

    A property that fails by an AttributeError ends here too. It is asked again, for its own error.

    >>> import nn
    >>> nn.Linear(3, 2).summary
    Traceback (most recent call last):
    ...
    AttributeError: 'Linear' object has no attribute 'summary'. Write nn.summary(model, x).
    """
    if name[:2] == "__":  # protocols ask for many, and often
        return object.__getattribute__(owner, name)
    try:
        return object.__getattribute__(owner, name)
    except AttributeError as error:
        hint = hint_for(place, name) if error.name == name and error.obj is owner else ""
        if not hint:
            raise
        message = f"{error}. {hint}"
    raise AttributeError(message, name=name, obj=None)  # of no object, whose names Python would suggest


class Answering:
    """A base of classes: an argument that another library has, and they have not, is refused in our words.

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
                for name in kwargs.keys() - {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}:
                    if hint := hint_for("argument", name):
                        raise TypeError(
                            f"{cls.__name__}.__init__() got an unexpected keyword argument {name!r}. {hint}"
                        )
            return super().__new__(cls)

        # What a class without a constructor of its own shows.
        __new__.__signature__ = Signature([Parameter("cls", Parameter.POSITIONAL_ONLY)])
