"""Optimizers and their schedules, built on `autograd` alone."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
