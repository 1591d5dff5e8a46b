"""Gradient checking: do the derivatives from the rules agree with the function?

`check` is the entry point; `subject` and `problem` turn the user's arguments into arrays and graphs; `plan`,
`differences`, `compare` and `verdicts` do the numerical work on an otherwise unknown function; `localise` and
`recorder` look for the wrong node; `report` puts the result into words.
"""

import sys
from types import ModuleType
from typing import Any

from autograd.gradcheck.check import gradcheck
from autograd.gradcheck.report import Fault, GradcheckError, GradcheckReport, Row, Verdict

__all__ = ["Fault", "GradcheckError", "GradcheckReport", "Row", "Verdict", "gradcheck"]


class _CallableModule(ModuleType):
    """Importing a package binds it to its name in the package above, here over the function `autograd.gradcheck`; so
    calling the package calls the function, whichever of the two a program has imported."""

    def __call__(self, *args: Any, **kwargs: Any) -> GradcheckReport:
        return gradcheck(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule
