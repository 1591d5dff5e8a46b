"""An average of models is called as they are."""

import numpy as np
from nn_cases.base import Case, linear, numbers

import nn
from autograd import OperandError
from nn.training.averaging import AveragedModel

CASES = [
    Case(
        "AveragedModel",
        lambda: AveragedModel(nn.Linear(3, 2)),
        numbers(3),
        lambda state, x: linear(state, x, "module."),
        "AveragedModel(\n  (module): Linear(in_features=3, out_features=2, bias=True)\n)",
        torch="torch.optim.swa_utils.AveragedModel(nn.Linear(3, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "module: Linear(in_features=3")],
    )
]
