"""Modules made of modules."""

import numpy as np
from nn_cases.base import Case, linear, numbers, relu, sigmoid

import nn
from autograd import OperandError


class Named(nn.Module):
    """What it calls lies in PyTorch's lists and dicts."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 2)])
        self.gates = nn.ModuleDict({"in": nn.Tanh()})
        self.gates["out"] = nn.Sigmoid()
        self.gains = nn.ParameterList([nn.Parameter(np.ones(4, "float32"))])
        self.shifts = nn.ParameterDict({"last": nn.Parameter(np.zeros(2, "float32"))})
        self.register_buffer("factor", np.array(0.5, "float32"))
        self.register_parameter("scale", nn.Parameter(np.ones(2, "float32")))
        self.register_parameter("none", None)
        self.layers[0].register_forward_hook(twice)
        self.layers[1].register_forward_pre_hook(halved)
        self.layers[1].register_full_backward_hook(watch)

    def forward(self, x):
        x = self.gates["in"](self.layers[0](x)) * self.gains[0]
        return self.gates["out"](self.layers[1](x)) * self.factor * self.scale + self.shifts["last"]


def twice(module, args, output):
    return 2.0 * output


def halved(module, args):
    return (0.5 * args[0],)


def watch(module, grad_input, grad_output):
    assert [g.shape[-1] for g in (*grad_input, *grad_output)] == [4, 2]


def named(state, x):
    x = np.tanh(2.0 * linear(state, x, "layers.0.")) * state["gains.0"]
    return sigmoid(linear(state, 0.5 * x, "layers.1.")) * state["factor"] * state["scale"] + state["shifts.last"]


def mlp(state, x, *, hidden=relu, output=lambda z: z):
    for name in ("0.", "2."):
        x = hidden(linear(state, x, name))
    return output(linear(state, x, "4."))


CASES = [
    Case(
        "Sequential",
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)),
        numbers(3),
        lambda s, x: mlp(s, x, hidden=np.tanh),
        "Sequential(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        ")",
        torch="nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "in module 0: Linear(in_features=3")],
    ),
    Case(
        "ModuleList-ModuleDict-hooks",
        Named,
        numbers(3),
        named,
        "Named(\n"
        "  (layers): ModuleList(\n"
        "    (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "    (1): Linear(in_features=4, out_features=2, bias=True)\n"
        "  )\n"
        "  (gates): ModuleDict(\n"
        "    (in): Tanh()\n"
        "    (out): Sigmoid()\n"
        "  )\n"
        "  (gains): ParameterList((0): float32 (4,))\n"
        "  (shifts): ParameterDict((last): float32 (2,))\n"
        ")",
        bad=[((np.zeros((2, 5)),), OperandError, "in module layers.0: Linear(in_features=3")],
    ),
    Case("Sequential-empty", nn.Sequential, numbers(3), lambda s, x: x, "Sequential()"),
    Case(
        "MLP",
        lambda: nn.MLP([3, 4, 4, 2]),
        numbers(3),
        mlp,
        "MLP(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): ReLU()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): ReLU()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        ")",
        torch="nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "in module 0: Linear(in_features=3")],
    ),
    Case(
        "MLP-output",
        lambda: nn.MLP([3, 4, 4, 2], activation=nn.Tanh, output_activation="sigmoid"),
        numbers(3),
        lambda s, x: mlp(s, x, hidden=np.tanh, output=sigmoid),
        "MLP(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        "  (5): Sigmoid()\n"
        ")",
    ),
]
