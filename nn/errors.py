"""The exceptions and warnings of `nn`: one class per mistake.

Each docstring documents its mistake: an example that raises it, the cause, the fix. An input whose shape does not fit
a layer raises the engine's `OperandError`.
"""

from os import PathLike as _PathLike, fspath as _fspath


class _FileError(ValueError):
    def __init__(self, path: str | _PathLike[str], why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{_fspath(self.path)}: {self.why}"


class CheckpointError(_FileError):
    """A file is not a checkpoint, is damaged, or does not fit what it is loaded into. Nothing was changed.

    ``path`` is the file and ``why`` the reason.

    >>> import nn
    >>> with open("model.npz", "wb") as file:
    ...     _ = file.write(b"PK")
    >>> nn.load("model.npz", nn.Linear(2, 1))
    Traceback (most recent call last):
    ...
    nn.errors.CheckpointError: model.npz: the file is damaged: it is a zip archive without its end.
    """


class DataFileError(_FileError):
    """A data file cannot be read: it is missing, damaged, or not in the expected format.

    ``path`` is the file and ``why`` the reason, with the line number in text files.

    >>> import nn
    >>> nn.data.read_csv("no-such-file.csv")
    Traceback (most recent call last):
    ...
    nn.errors.DataFileError: no-such-file.csv: No such file or directory
    """


class LossShapeError(ValueError):
    """The prediction and the target of a loss have shapes that do not match.

    NumPy would broadcast (N, 1) and (N,) to (N, N), and the loss would silently compare all predictions and targets.

    >>> from nn.functional import mse_loss
    >>> mse_loss([[0.0]] * 4, [0.0] * 4)
    Traceback (most recent call last):
    ...
    nn.errors.LossShapeError: mse_loss: the prediction has shape (4, 1), but the target has shape (4,). They are \
compared entry by entry, so the shapes must be equal: pass target.reshape(4, 1), or reshape the prediction to (4,).
    """


class NonFiniteStateError(ValueError):
    """The state to be saved contains NaN or infinities produced by training. The file stays as it was.

    Once a parameter is NaN, so is every prediction, and no further step repairs it; saving it would also destroy a
    good checkpoint. Find its origin with `autograd.debug`, or pass ``allow_nonfinite=True`` to save it anyway.
    Infinities in buffers, such as masks, are allowed.

    >>> import nn
    >>> model = nn.Linear(2, 1)
    >>> model.weight.data[0, 1] = float("nan")
    >>> nn.save("model.npz", model)
    Traceback (most recent call last):
    ...
    nn.errors.NonFiniteStateError: model.npz was not written: weight is not finite in 1 of its 2 numbers. Pass \
allow_nonfinite=True to save it anyway.
    """


class LabelError(ValueError):
    """The labels of a cross-entropy are not integers from 0 to the number of classes - 1.

    >>> from nn.functional import cross_entropy
    >>> cross_entropy([[0.0, 0.0, 0.0]] * 2, [1, 3])
    Traceback (most recent call last):
    ...
    nn.errors.LabelError: cross_entropy: label 3 at index (1,) is not among the 3 classes 0 .. 2 of logits of \
shape (2, 3).
    """


class PredictionError(ValueError):
    """A loss that takes probabilities was given predictions below 0 or above 1.

    >>> from nn.functional import binary_cross_entropy
    >>> binary_cross_entropy([0.5, 1.5], [0.0, 1.0])
    Traceback (most recent call last):
    ...
    nn.errors.PredictionError: binary_cross_entropy: predictions must be probabilities between 0 and 1, but they \
range from 0.5 to 1.5. Apply a sigmoid to scores first, or pass them to binary_cross_entropy_with_logits.
    """


class StateDictError(ValueError):
    """A state dict does not fit the module. The message lists all differences; nothing was changed.

    >>> import nn
    >>> nn.Linear(2, 1).load_state_dict({"weight": [[1.0]], "scale": [2.0]})
    Traceback (most recent call last):
    ...
    nn.errors.StateDictError: this state does not fit Linear, and nothing was changed:
      missing: bias (1,)
      unexpected: scale (1,)
      wrong shape: weight is (1, 1) in the state, (1, 2) in the module
    """


class ActivationWarning(UserWarning):
    """A loss was given the output of an activation that it applies itself, or that does not suit it.

    A softmax before a cross-entropy, which applies its own, squeezes the scores into 0 .. 1: gradients become small,
    the loss cannot get near 0, and no error is raised. The graph records how a prediction was computed, so the loss
    warns of it, once for each line of the program. Nothing is checked under `no_grad`.

    >>> import warnings
    >>> import numpy as np
    >>> import nn
    >>> model = nn.MLP([2, 3], output_activation="softmax")
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     loss = nn.CrossEntropyLoss()(model(np.ones((4, 2), "float32")), np.array([0, 1, 2, 0]))
    >>> print(caught[0].message)
    cross_entropy takes scores and applies softmax itself, but was given the output of softmax, made at .... \
Gradients become small and learning is slow: pass the input of softmax instead.
    """


class PrecisionWarning(UserWarning):
    """Double-precision input makes a single-precision network compute in double precision.

    This takes twice the memory and about twice the time, and the outputs are float64. NumPy makes float64 arrays
    by default, so it happens easily. The warning is issued once for each model.

    >>> import warnings
    >>> import numpy as np
    >>> import nn
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     y = nn.Linear(2, 1)(np.ones((4, 2)))
    >>> print(caught[0].message)
    Linear has parameters in float32, but its input is float64: everything after it is computed in float64. Pass \
x.astype('float32'), or convert the model with model.astype('float64').
    """


class TrainingWarning(UserWarning):
    """`nn.fit` stopped because the loss, or the model it trains, was no longer finite.

    If it was the loss, the message names the operation that failed first, as `autograd.debug` finds it. Often the
    learning rate is too large, or the inputs are not scaled.

    >>> import warnings
    >>> import nn, optim
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     history = nn.fit(nn.Linear(1, 1, rng=0), ([[1e30]], [[0.0]]), loss=nn.MSELoss(), epochs=1)
    >>> caught[-1].category.__name__
    'TrainingWarning'
    >>> history.stopped[:45]
    'the loss was inf in epoch 1, after 0 steps: s'
    """


class SymmetryWarning(UserWarning):
    """The units of a layer start with equal weights.

    They compute the same output, and unless the next layer tells them apart, they get the same gradient too: no step
    makes them different, and the layer is worth a single unit. So initialize weights randomly; biases may start at 0.
    The warning is issued at the first gradient if the model had such weights when it was first called. A last layer
    that starts at 0 is fine, since its units have different targets.

    >>> import warnings
    >>> import numpy as np
    >>> import nn
    >>> model = nn.MLP([2, 3, 1], "tanh")
    >>> for p in model.parameters():
    ...     _ = nn.init.zeros_(p)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     nn.MSELoss()(model(np.ones((4, 2), "float32")), np.ones((4, 1))).backward()
    >>> print(caught[0].message)
    0.weight holds the weights of 3 units that start with equal weights and have the same gradient. Every step leaves \
them equal, so together they can learn no more than one unit. Start from different numbers, for example with \
nn.init.kaiming_uniform_.
    """
