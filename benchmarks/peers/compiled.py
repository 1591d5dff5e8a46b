"""chainrule with `autograd.compile`: the workloads of its own peer, each with one line more."""

import autograd
from peers import chainrule
from peers.chainrule import *  # noqa: F403

VERSIONS = {}
LIBRARY = chainrule.LIBRARY
WARM_UP = 5  # two traces, two verified steps, one that is replayed
chainrule.prepared = autograd.compile
