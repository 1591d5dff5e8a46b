"""Gradient checking: are the derivatives that the rules give those of the function?

`check` is the way in; `subject` and `problem` turn what the user hands over into arrays and graphs; `plan`,
`differences`, `compare` and `verdicts` do the numerical work on a function of which they know nothing else;
`localise` and `recorder` look for the node at fault; `report` puts it into words. Nothing in the engine imports this
package, and it must not know `nn` or `optim`.
"""

import sys
from types import ModuleType
from typing import Any

from autograd.gradcheck.check import gradcheck
from autograd.gradcheck.report import Fault, GradcheckError, GradcheckReport, Row, Verdict

__all__ = ["Fault", "GradcheckError", "GradcheckReport", "Row", "Verdict", "gradcheck"]


class _CallableModule(ModuleType):
    """Importing a package binds it to its name in the package above, here over the function `autograd.gradcheck`; so
    calling the package calls the function, whichever of the two a program has got hold of."""

    def __call__(self, *args: Any, **kwargs: Any) -> GradcheckReport:
        return gradcheck(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule
