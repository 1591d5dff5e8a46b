"""Gradient checking: are the derivatives that the rules give those of the function?

`check` is the way in; `subject` and `problem` turn what the user hands over into arrays and graphs; `plan`,
`differences`, `compare` and `verdicts` do the numerical work on a function of which they know nothing else; `report`
puts it into words. Nothing in the engine imports this package, and it must not know `nn` or `optim`.
"""

from autograd.gradcheck.check import gradcheck
from autograd.gradcheck.report import GradcheckError, GradcheckReport, Row, Verdict

__all__ = ["GradcheckError", "GradcheckReport", "Row", "Verdict", "gradcheck"]
