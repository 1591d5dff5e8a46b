"""CasADi, whose graphs of numbers run in a virtual machine of its own."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import casadi
import numpy as np
from workloads import Task

VERSIONS = {"CasADi": casadi.__version__}
KERNEL = "loops of its own"


def scalar_chain(w, data):
    x, a, b = leaves = [casadi.SX.sym(name) for name in "xab"]
    for _ in range(data["rounds"]):
        x = casadi.tanh(x) * a + b
    f = casadi.Function("f", leaves, [x * x, *(casadi.gradient(x * x, leaf) for leaf in leaves)])
    return Task(lambda: f(*data["start"]), lambda found: [float(v) for v in found])


def hessian(w, data):
    x = casadi.MX.sym("x", *w.sizes)
    value = casadi.sumsqr(casadi.tanh(casadi.DM(data["A"]) @ x))
    f = casadi.Function("f", [x], [casadi.hessian(value, x)[0]])
    return Task(lambda: f(data["x"]).full(), lambda h: [h.sum(), np.abs(h).sum(), h[1, 2]])
