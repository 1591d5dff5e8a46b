"""The exceptions and warnings of the network layer: one class per mistake.

Each docstring is the documentation of its mistake: an example that raises it, the cause, the fix. This module knows
only words; the places that raise fill in the values. Mistakes in the shapes that a layer meets are the engine's
`OperandError`.
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
    """A file is no checkpoint, is damaged, or does not fit what it is loaded into. Nothing was changed.

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
    """A file of data cannot be read: it is missing, damaged, or not what it is taken for.

    ``path`` is the file and ``why`` the reason, with the line where there are lines.

    >>> import nn
    >>> nn.data.read_csv("no-such-file.csv")
    Traceback (most recent call last):
    ...
    nn.errors.DataFileError: no-such-file.csv: No such file or directory
    """


class LossShapeError(ValueError):
    """Prediction and target of a loss do not have the shapes that belong together.

    NumPy would broadcast (N, 1) against (N,) to (N, N), and the loss would compare every prediction with every
    target, without a word.

    >>> from nn.functional import mse_loss
    >>> mse_loss([[0.0]] * 4, [0.0] * 4)
    Traceback (most recent call last):
    ...
    nn.errors.LossShapeError: mse_loss: the prediction has shape (4, 1), but the target has shape (4,). They are \
compared entry by entry, so the shapes must be equal: pass target.reshape(4, 1), or reshape the prediction to (4,).
    """


class NonFiniteStateError(ValueError):
    """What was to be saved holds NaN or infinities where training has put them. The file stays as it was.

    Once a parameter is NaN, every prediction is, and no further step mends it; over a good checkpoint it would destroy
    that too. Find out where it comes from with `autograd.debug`, or pass ``allow_nonfinite=True`` to save it all the
    same. Infinities in buffers, such as masks, are no mistake.

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
    """A loss that takes probabilities was given predictions outside 0 .. 1.

    >>> from nn.functional import binary_cross_entropy
    >>> binary_cross_entropy([0.5, 1.5], [0.0, 1.0])
    Traceback (most recent call last):
    ...
    nn.errors.PredictionError: binary_cross_entropy: the prediction is the probability of yes, from 0 to 1, but it \
reaches from 0.5 to 1.5. Scores go through a sigmoid first, or to binary_cross_entropy_with_logits.
    """


class StateDictError(ValueError):
    """A state does not fit the module that was asked to load it. All differences are listed; nothing was changed.

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
    """A loss was given the output of an activation that it contains itself, or that it does not go with.

    A softmax before a cross-entropy, which applies its own, squeezes the scores into 0 .. 1: gradients become small,
    the loss cannot get near 0, and nothing says why. The graph knows where a prediction comes from, so it is said, once
    for each line of the program. Nothing is checked under `no_grad`.

    >>> import warnings
    >>> import numpy as np
    >>> import nn
    >>> model = nn.MLP([2, 3], output_activation="softmax")
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     loss = nn.CrossEntropyLoss()(model(np.ones((4, 2), "float32")), np.array([0, 1, 2, 0]))
    >>> print(caught[0].message)
    cross_entropy takes scores and contains its own softmax, but was given the output of softmax, made at .... \
Gradients become small, and it learns badly: pass what goes into softmax.
    """


class PrecisionWarning(UserWarning):
    """Double-precision input makes a single-precision network compute in double precision.

    It costs twice the memory and about twice the time, and the outputs are float64. NumPy makes float64 arrays
    unless told otherwise, so this happens easily. It is said once for each model.

    >>> import warnings
    >>> import numpy as np
    >>> import nn
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     y = nn.Linear(2, 1)(np.ones((4, 2)))
    >>> print(caught[0].message)
    Linear has parameters in float32, but its input is float64: everything after it is computed in float64. Pass \
x.astype('float32'), or make the model double with model.astype('float64').
    """


class TrainingWarning(UserWarning):
    """A training by `nn.fit` ended because its loss, or what it trains, was no longer finite.

    Of a loss the message tells the first operation that was at fault, as `autograd.debug` finds it. Often the learning
    rate is too large, or inputs are not scaled.

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

    They compute the same, and as long as the layer after them does not tell them apart, they get the same gradient too:
    no step makes them different, and the layer is worth a single unit. So weights start from random numbers; biases may
    start at 0. It is said at the first gradient, for a model that was called for the first time with such weights. A
    last layer that starts at 0 is no mistake, since its units have different targets.

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
them equal, so they can learn no more than one unit. Start from different numbers: nn.init.kaiming_uniform_, say.
    """
