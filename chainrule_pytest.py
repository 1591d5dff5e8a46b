"""The pytest plugin of chainrule: the fixture ``check_gradients``.

pytest loads it at every start, even if no test checks a gradient, so it imports nothing of chainrule until the fixture
is used. For the same reason it lies outside the package `autograd`, whose import would load NumPy. ``-p no:chainrule``
disables it.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")  # it holds nothing; and Hypothesis refuses fixtures that are made anew for each test
def check_gradients() -> Any:
    """Check the gradients of a function against finite differences: ``check_gradients(f, *inputs)``.

    The arguments are those of ``autograd.gradcheck``: ``f`` takes the inputs as Tensors; or it is a closure, with
    ``wrt=`` a Module or Tensors; ``order``, ``rtol`` and ``atol``. Returns the report. A failing test shows the report
    as its message, which names the wrong op and the line that applied it.
    """

    def check(f: Any, *inputs: Any, wrt: Any = None, order: int = 1, rtol: Any = None, atol: Any = None) -> Any:
        __tracebackhide__ = True
        from autograd.gradcheck import GradcheckError, gradcheck

        report = gradcheck(f, *inputs, wrt=wrt, order=order, rtol=rtol, atol=atol, raise_on_failure=False)
        if not report.ok:
            raise GradcheckError(report)
        return report

    return check
