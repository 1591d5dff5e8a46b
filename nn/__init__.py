"""Neural networks: modules, layers, losses, data and training, built on `autograd` and `optim`."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
