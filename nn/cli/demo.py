"""`chainrule demo`: train a network on handwritten digits and show every step. options.toml explains the settings."""

import argparse
import math
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.engine.tensor import tensor
from autograd.gradcheck import gradcheck
from autograd.progress import Work, over
from autograd.view import draw
from nn.cli.options import add_command, writable
from nn.data import Loader, digits, train_test_split
from nn.inspect.summarizing import summary
from nn.layers import MLP
from nn.losses import CrossEntropyLoss
from nn.metrics import accuracy, confusion_matrix
from nn.training.evaluation import evaluate, predict
from optim import Adam
from optim.schedules import cosine

TEST_SHARE = 0.2
WEIGHT_DECAY = 1e-4
NOISE = 0.2  # standard deviation of the noise added to pixels in [0, 1], against overfitting
ROWS = 30  # print at most this many epochs


class Settings(NamedTuple):
    """The options of the demo."""

    seed: int = 0
    epochs: int = 30
    hidden: tuple[int, ...] = (64,)
    batch: int = 32
    lr: float = 0.02
    out: Path = Path("chainrule-demo")


class Outcome(NamedTuple):
    """The printed losses and accuracies per epoch, the test set, and the predictions for it."""

    rows: list[tuple[int, float, float, float, float]]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    answers: NDArray[Any]


def register(commands: Any) -> None:
    """Add the command `demo` to `chainrule`."""
    default = Settings()
    widths = ",".join(map(str, default.hidden))
    add_command(commands, "demo", _run).set_defaults(**default._asdict() | {"hidden": widths})


def _run(a: argparse.Namespace) -> int:
    writable(a.out)
    return demo(Settings(*(getattr(a, name) for name in Settings._fields)))


def demo(settings: Settings) -> int:
    """Train on the digits, print the progress, save a picture and return the exit code."""
    return 1 if learn(settings) is None else 0


def learn(settings: Settings) -> Outcome | None:
    """Do the same but return the outcome, or None if the gradient check fails or the loss stops being finite."""
    x, y = digits()
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=TEST_SHARE, stratify=y, seed=settings.seed)
    print(f"{len(x):,} handwritten digits of 8x8 pixels (UCI, Alpaydin & Kaynak 1998, CC BY 4.0)")
    print(f"{len(x_train):,} for training, {len(x_test):,} held out for testing (seed {settings.seed})\n")

    rng = np.random.default_rng(settings.seed)
    model = MLP([64, *settings.hidden, 10], rng=rng)
    batch, labels = x_train[: settings.batch], y_train[: settings.batch]
    print(f"{summary(model, batch)}\n")

    loss_function = CrossEntropyLoss()
    report = gradcheck(lambda: loss_function(model(batch), labels), wrt=model, raise_on_failure=False)
    print(f"{report}\n")
    if not report.ok:
        return None

    epochs = f"{settings.epochs} epoch{'s' * (settings.epochs > 1)}"
    print(f"{epochs} of Adam with batches of {settings.batch}, lr decaying from {settings.lr:g} to 0\n")
    train = Loader((x_train, y_train), settings.batch, shuffle=True, seed=settings.seed)
    started = time.perf_counter()
    rows = _train(model, train, (x_train, y_train), (x_test, y_test), settings, rng)
    if rows is None:
        return None
    seconds = time.perf_counter() - started

    answers = predict(model, x_test).argmax(axis=1)
    print(f"\nconfusion matrix on the test set after {seconds:.1f} s of training (rows: true, columns: predicted)\n")
    print(_table(confusion_matrix(answers, y_test)))
    svg, dot = _save_picture(settings.out, x_train[0], int(y_train[0]), rng)
    print(f"\ndrawing of a small forward and backward pass, with values and gradients: {svg} and {dot}")
    print(f"test accuracy: {accuracy(answers, y_test):.3f}")
    return Outcome(rows, x_test, y_test, answers)


def _train(
    model: MLP,
    batches: Loader,
    train: tuple[NDArray[Any], NDArray[Any]],
    test: tuple[NDArray[Any], NDArray[Any]],
    settings: Settings,
    rng: np.random.Generator,
) -> list[tuple[int, float, float, float, float]] | None:
    """Train the model, and print and return a row for each epoch; None if the loss stops being finite."""
    rows = []
    loss_function = CrossEntropyLoss()
    steps = settings.epochs * len(batches)
    optimizer = Adam(model.parameters(), lr=cosine(settings.lr, steps), weight_decay=WEIGHT_DECAY)
    every = math.ceil(settings.epochs / ROWS)
    judge = partial(evaluate, model, loss=loss_function, metrics=[accuracy], batch_size=len(train[0]))
    print("epoch   train loss  accuracy   test loss  accuracy")
    with Work("training", steps) as work, np.errstate(all="ignore"):  # too large an lr is reported below
        work.unit = 0.0  # evaluation is part of no step
        for epoch in range(1, settings.epochs + 1):
            for x, y in over(batches):
                noisy = x + rng.normal(0.0, NOISE, x.shape).astype(x.dtype)
                loss = loss_function(model(noisy), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            train_loss, train_accuracy = judge(train).values()
            if not math.isfinite(train_loss):
                work.wipe()
                print(f"the loss is {train_loss} after epoch {epoch}; try a smaller --lr", file=sys.stderr)
                return None
            if epoch == 1 or epoch % every == 0 or epoch == settings.epochs:
                test_loss, test_accuracy = judge(test).values()
                work.wipe()
                rows.append((epoch, train_loss, train_accuracy, test_loss, test_accuracy))
                print(f"{epoch:5}   {train_loss:10.4f}  {train_accuracy:8.3f}  {test_loss:10.4f}  {test_accuracy:8.3f}")
    return rows


def _table(counts: NDArray[np.int64]) -> str:
    """Format a confusion matrix with dots for zeros, so that mistakes stand out."""
    head = "    " + "".join(f"{digit:4}" for digit in range(len(counts)))
    rows = (f"{digit:4}" + "".join(f"{n or '.':>4}" for n in row) for digit, row in enumerate(counts))
    return "\n".join((head, *rows))


def _save_picture(folder: Path, pixels: NDArray[Any], label: int, rng: np.random.Generator) -> tuple[Path, Path]:
    """Draw one pass of a tiny network that predicts from the ink in each half of an image whether the digit is odd."""
    upper_and_lower = pixels.reshape(1, 2, 32).mean(axis=2)
    x = tensor(upper_and_lower, name="ink", requires_grad=True)
    tiny = MLP([2, 3, 2], "tanh", rng=rng)
    loss = CrossEntropyLoss()(tiny(x), [label % 2])
    loss.name = "loss"
    loss.backward()
    drawing = draw(loss)
    return drawing.save(folder / "graph.svg"), drawing.save(folder / "graph.dot")
