"""Optimization, schedules, regularization, initialization: O1 to O32."""

import warnings

import numpy as np
from lecture_items.base import ALL, HU, HWANG, NEWSON, PITAS, VISHWAJITH, item
from lecture_items.numbers import rosenbrock

import nn
import optim
from autograd import tensor
from optim import SGD, Adadelta, Adagrad, Adam, RMSprop


def same(a, b, rtol=1e-10):
    np.testing.assert_allclose(np.asarray(getattr(a, "data", a)), np.asarray(getattr(b, "data", b)), rtol, 1e-13)


def walk(optimizer_of, gradients, start=0.0):
    """Where a number goes under given gradients, functions of it or constants."""
    w = tensor(float(start), requires_grad=True)
    optimizer, places = optimizer_of([w]), [float(start)]
    for g in gradients:
        w.grad = np.array(float(g(w.item()) if callable(g) else g))
        optimizer.step()
        places.append(w.item())
    return np.array(places)


def valley(w):
    """The slope of w^2 / 2, whose safe rates are below 2."""
    return w


@item(
    "O1",
    "Gradient descent moves against the gradient: w - a dE/dw",
    ALL,
    numbers={"w = 1 on w^2 / 2 at rate 0.1": "=0.9", "f of three steps downhill": "=0.5, 0.405, 0.32805"},
    api=("optim.SGD", "optim.minimize"),
    where={
        1: "we move each weight a little in the opposite direction",
        8: "Gradient descent repeats",
        "docs/variants.md": "The sign of gradient descent",
    },
    slip="One slide has + in front of the rate; its text and the following slides say minus.",
)
def descent():
    places = walk(lambda p: SGD(p, lr=0.1), [valley] * 2, 1.0)
    return places[1], places**2 / 2


def samples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    return x, x @ np.array([[1.0], [-2.0], [0.5]]) + rng.normal(0.0, 0.3, (60, 1))


def gradient(x, t, reduction="mean"):
    layer = nn.Linear(3, 1, bias=False, dtype="float64")
    layer.weight.data = np.zeros((1, 3))
    nn.MSELoss(half=True, reduction=reduction)(layer(x), t).backward()
    return layer.weight.grad[0]


@item(
    "O2",
    "Batch, mini-batch and online gradient descent are the same loop with different batch sizes",
    ALL,
    numbers={"updates in one epoch of 60 samples by batches of 60, 20, 1": "1, 3, 60"},
    api=("nn.data.Loader", "nn.fit"),
    where={
        8: "With single samples it wanders and never settles",
        "docs/variants.md": "The update over a batch: mean or sum",
    },
)
def batches():
    x, t = samples()
    parts = [gradient(*batch) for batch in nn.data.Loader((x, t), 20, dtype="float64")]
    same(np.mean(parts, axis=0), gradient(x, t))  # the mean over mini-batches of equal size is the whole gradient
    return ([len(nn.data.Loader((x, t), size)) for size in (60, 20, 1)],)


@item(
    "O3",
    "A batch contributes the mean or the sum of its gradients: the sum takes the same step at a rate N times smaller",
    (PITAS, HWANG, NEWSON),
    numbers={"sum over mean, 60 samples": "60"},
    api="nn.MSELoss",
    where={
        8: "Some texts add up the gradients of a batch, others average them",
        "docs/variants.md": "The update over a batch: mean or sum",
    },
)
def mean_or_sum():
    x, t = samples()
    ratio = gradient(x, t, "sum") / gradient(x, t)
    same(ratio, np.full(3, ratio[0]))
    return ratio[0]


@item(
    "O4",
    "The gradient of a mini-batch is the full gradient plus noise, whose variance falls like one over the batch size",
    HWANG,
    numbers={"variance at size 1, 4, 16 over that of 16, rounded": "16, 4, 1"},
    api="nn.data.Loader",
    where={8: "Four times as many samples halve the noise"},
)
def noise():
    x, t = samples()
    each = np.array([gradient(x[i : i + 1], t[i : i + 1]) for i in range(60)])
    rng = np.random.default_rng(0)
    variances = []
    for size in (1, 4, 16):
        drawn = each[rng.integers(0, 60, (20_000, size))].mean(axis=1)
        np.testing.assert_allclose(drawn.mean(axis=0), gradient(x, t), atol=0.05)
        variances.append(drawn.var(axis=0).sum())
    return (np.round(np.array(variances) / variances[2]),)


@item(
    "O5",
    "Shuffle before each epoch with a given random generator; online descent needs a much smaller rate than batches: "
    "at the rate that suits the whole batch it ends higher, and at a tenth of it lower",
    HU,
    numbers={"first loop over 5": "2, 4, 3, 0, 1", "second": "1, 4, 3, 0, 2",
             "error at rate 0.2, by the whole batch, by single samples": ".110, .141",
             "by single samples at 0.02": ".103"},
    api="nn.data.Loader",
    where={8: "samples need a much smaller learning rate"},
)  # fmt: skip
def shuffling():
    loader = nn.data.Loader(np.arange(5), 1, shuffle=True, seed=0)
    loops = [np.concatenate(list(loader)) for _ in range(2)]
    x, t = samples()
    errors = []
    for size, lr in ((60, 0.2), (1, 0.2), (1, 0.02)):
        layer = nn.Linear(3, 1, bias=False, dtype="float64", rng=0)
        nn.fit(layer, (x, t), loss=nn.MSELoss(half=True), optimizer=lambda p, lr=lr: SGD(p, lr=lr), epochs=20,
               batch_size=size, seed=0)  # fmt: skip
        errors.append(np.mean((layer(x).data - t) ** 2))
    return *loops, errors[:2], errors[2]


@item(
    "O6",
    "Rates on w^2 / 2 from w = 1: too small a rate is slow, above 1 the steps oscillate, above 2 they diverge; a small "
    "rate gets stuck in the nearest local minimum",
    VISHWAJITH,
    numbers={"after 20 steps of 0.01, 0.5, 1.9": ".8179, .0000, .1216", "of 2.1": "6.7275",
             "end on w^4 - 2 w^2 + w / 2 from 1.5 at 0.01 (its minimum is at -1.057)": ".930"},
    api=("optim.SGD", "optim.minimize"),
    where={
        1: "The learning rate sets the size of the step",
        8: "A small learning rate leads to the bottom of that valley and stays there",
    },
)  # fmt: skip
def learning_rates():
    ends = [walk(lambda p, a=a: SGD(p, lr=a), [valley] * 20, 1.0)[-1] for a in (0.01, 0.5, 1.9, 2.1)]

    def two_hollows(w):
        return 4 * w**3 - 4 * w + 0.5

    best = walk(lambda p: SGD(p, lr=0.01), [two_hollows] * 300, -1.5)[-1]
    assert round(best, 3) == -1.057
    return ends[:3], ends[3], walk(lambda p: SGD(p, lr=0.01), [two_hollows] * 300, 1.5)[-1]


@item(
    "O7",
    "Classical momentum: v = g v - a dE/dw, w += v, with g from 0.5 to 0.9",
    (HU, HWANG),
    numbers={"three steps with gradient 1, a = 0.1, g = 0.5": "=-0.1, -0.25, -0.425",
             "final speed at g = 0.9, in units of a": "10.0"},
    api=("optim.SGD", "optim.preset", "optim.chain"),
    where={
        9: "Momentum in three conventions",
        "tests/optim/test_optimizers.py": "test_100_steps_equal_a_loop_over_plain_floats",
        "docs/optim.md": "Momentum: three conventions",
        "docs/variants.md": "Momentum",
    },
    )  # fmt: skip
def classical_momentum():
    places = walk(lambda p: SGD(p, lr=0.1, momentum=0.5, momentum_style="classical"), [1.0] * 3)
    far = walk(lambda p: SGD(p, lr=0.1, momentum=0.9, momentum_style="classical"), [1.0] * 200)
    return places[1:], (far[-2] - far[-1]) / 0.1


@item(
    "O8",
    "Averaged momentum: m = b m + (1 - b) dE/dw, w -= a m, with b = 0.9; rate a corresponds to PyTorch's momentum with "
    "rate a (1 - b)",
    NEWSON,
    numbers={"three steps with gradient 1, a = 0.1, b = 0.5": "=-0.05, -0.125, -0.2125"},
    api="optim.SGD",
    where={
        9: "(exponential moving average)",
        "tests/optim/test_page.py": "test_the_conversion_of_momentum",
        "docs/optim.md": "Momentum: three conventions",
        "docs/variants.md": "Momentum",
    },
)
def averaged_momentum():
    places = walk(lambda p: SGD(p, lr=0.1, momentum=0.5, momentum_style="ema"), [1.0] * 3)
    same(places, walk(lambda p: SGD(p, lr=0.05, momentum=0.5), [1.0] * 3))
    return places[1:]


@item(
    "O9",
    "Nesterov: first apply the momentum, then take the gradient at the point reached; the form used in libraries is "
    "equivalent after a change of variables",
    PITAS,
    numbers={"look-ahead points on w^2, a = 0.1, m = 0.5, from 1": "=1.0, 0.7, 0.44, 0.248"},
    api=("optim.SGD.look_ahead", "optim.SGD"),
    where={
        9: "Nesterov's idea",
        "tests/optim/test_optimizers.py": "test_100_steps_equal_a_loop_over_plain_floats",
        "docs/optim.md": "look_ahead",
        "docs/variants.md": "Nesterov",
    },
)
def nesterov():
    w = tensor(1.0, requires_grad=True)
    optimizer, seen = SGD([w], lr=0.1, momentum=0.5, momentum_style="classical"), []
    for _ in range(4):
        optimizer.zero_grad()
        with optimizer.look_ahead():
            seen.append(w.item())
            (w * w).backward()
        optimizer.step()
    libraries = walk(lambda p: SGD(p, lr=0.1, momentum=0.5, nesterov=True), [lambda w: 2 * w] * 3, 1.0)
    same(seen, libraries)
    return (seen,)


@item(
    "O10",
    "AdaGrad divides by the root of the sum of all squared gradients so far, so its rate vanishes",
    (PITAS, HWANG),
    numbers={"lengths of steps 1, 4, 100, 10,000": "1.00, .50, .10, .01",
             "with the sum to t - 1 and eps = 1: steps 1, 2": "1.0000, .7071"},
    api=("optim.Adagrad", "optim.preset"),
    where={
        9: "AdaGrad divides the step of each weight",
        "tests/optim/test_optimizers.py": "test_100_steps_equal_a_loop_over_plain_floats",
        "docs/optim.md": "AdaGrad's shrinking rate",
        "docs/variants.md": "AdaGrad, RMSProp, Adam: sums and eps",
    },
    slip="One lecture sums only to t - 1, so the first step is divided by eps alone; the other lecture has no eps.",
)  # fmt: skip
def adagrad():
    steps = -np.diff(walk(lambda p: Adagrad(p, lr=1.0), [3.0] * 10_000))
    late = -np.diff(walk(lambda p: Adagrad(p, lr=1.0, use_current=False, eps=1.0, eps_mode="inside"), [1.0, 1.0]))
    return steps[[0, 3, 99, 9_999]], late


@item(
    "O11",
    "RMSProp divides by the root of a moving average of squared gradients; eps is missing or inside the root",
    (HWANG, NEWSON),
    numbers={"first step, a = 0.01": ".0316", "later steps": ".0100"},
    api=("optim.RMSprop", "optim.preset"),
    where={
        9: "RMSProp replaces the sum with a moving average",
        "tests/optim/test_optimizers.py": "test_100_steps_equal_a_loop_over_plain_floats",
        "docs/optim.md": "Where eps goes",
        "docs/variants.md": "AdaGrad, RMSProp, Adam: sums and eps",
    },
)
def rmsprop():
    steps = -np.diff(walk(lambda p: RMSprop(p, lr=0.01, alpha=0.9), [3.0] * 200))
    return steps[0], steps[-1]


@item(
    "O12",
    "Adam: moving averages of the gradient and its square, corrected for starting at 0; two common settings",
    (PITAS, HWANG, NEWSON),
    numbers={"steps with gradients 3, 1 with lr = 0.001": ".001000, .000871",
             "settings of Hwang": "=0.001, 0.9, 0.999", "settings of Newson": "=0.0002, 0.5, 0.999"},
    api=("optim.Adam", "optim.preset"),
    where={
        9: "Adam adds momentum, and corrects both averages",
        "tests/optim/test_optimizers.py": "test_100_steps_equal_a_loop_over_plain_floats",
        "docs/optim.md": "Where eps goes",
        "docs/variants.md": "Adam: defaults, and a bias correction inside the recursion",
    },
    slip="All lectures put eps inside the root, the paper puts it outside; one lecture puts the correction into the "
         "recursion, which would apply it again at every step.",
)  # fmt: skip
def adam():
    steps = -np.diff(walk(lambda p: Adam(p, lr=0.001), [3.0, 1.0]))
    m, v = 0.9 * 0.3 + 0.1, 0.999 * 0.009 + 0.001
    same(steps[1], 0.001 * (m / (1 - 0.9**2)) / (np.sqrt(v / (1 - 0.999**2)) + 1e-8))
    presets = [optim.presets.PRESETS[f"adam-{name}"].settings for name in ("hwang", "newson")]
    return steps, *((p["lr"], *p["betas"]) for p in presets)


@item(
    "O13",
    "AdaGrad keeps its rate for rare features; RMSProp adapts when the size of the gradients changes",
    HWANG,
    numbers={"step of a rare feature relative to plain descent": "10.0",
             "steps after gradients shrink a hundredfold: RMSProp, AdaGrad": ".889, .001"},
    api=("optim.Adagrad", "optim.RMSprop"),
    where={9: "Rare features, whose gradients are mostly zero"},
)  # fmt: skip
def where_they_fit():
    often = -np.diff(walk(lambda p: Adagrad(p, lr=1.0), [1.0] * 100))[-1]
    rarely = -np.diff(walk(lambda p: Adagrad(p, lr=1.0), [0.0] * 99 + [1.0]))[-1]
    change = [1.0] * 100 + [0.01] * 100
    kinds = (lambda p: RMSprop(p, lr=1.0, alpha=0.9)), (lambda p: Adagrad(p, lr=1.0))
    late = [-np.diff(walk(kind, change))[-1] for kind in kinds]
    return rarely / often, late


@item(
    "O14",
    "AdaDelta, the optimizer of the convnetjs demo: step sizes are measured by past steps",
    HU,
    numbers={"first step with gradient 1, rho = 0.95, eps = 1e-6": ".00447", "hundredth": ".00524"},
    api=("optim.Adadelta", "optim.preset"),
    where={9: '("adadelta", {"lr"', "tests/optim/test_optimizers.py": "test_100_steps_equal_a_loop_over_plain_floats"},
)
def adadelta():
    steps = -np.diff(walk(lambda p: Adadelta(p, lr=1.0, rho=0.95, eps=1e-6), [1.0] * 100))
    return steps[0], steps[-1]


@item("O15", "A small constant rate", HU, numbers={"at step 0, 1000": "=0.01, 0.01"}, api="optim.constant", where={
        9: "A constant learning rate ends in a cloud around the minimum",
        "docs/optim.md": "constant(value)",
    },
      )  # fmt: skip
def constant_rate():
    rate = optim.constant(0.01)
    return ((rate(0), rate(1000)),)


def rates(plateau_options, values):
    w = nn.Parameter([1.0])
    optimizer = SGD([w], lr=0.8)
    plateau = nn.ReduceOnPlateau(optimizer, **plateau_options)
    found = []
    for value in values:
        plateau.step(value)
        found.append(optimizer.param_groups[0]["lr"])
    return found


@item(
    "O16",
    "Halve the rate when progress slows down",
    HU,
    numbers={"rates after losses 1, 0.5, 0.5, 0.4": "=0.8, 0.8, 0.4, 0.4"},
    api="nn.ReduceOnPlateau",
    where={
        9: "halves the rate when progress stops",
        "tests/nn/test_plateau.py": "test_the_rate_is_halved_when_progress_slows",
        "docs/optim.md": "ReduceOnPlateau",
    },
)
def halving():
    return (rates({"patience": 0, "factor": 0.5}, [1.0, 0.5, 0.5, 0.4]),)


@item(
    "O17",
    "Anneal the rate when the validation loss changes by less than a threshold from one epoch to the next; the "
    "threshold is a difference or a share of the loss",
    HU,
    numbers={
        "rates after losses 10, 9.6, 9.57, 5, 4.9 with an absolute threshold of 0.05": "=0.8, 0.8, 0.4, 0.4, 0.4",
        "with a relative one": "=0.8, 0.4, 0.2, 0.2, 0.1",
    },
    api="nn.ReduceOnPlateau",
    where={
        9: "changes by less than a threshold from one epoch to the next",
        "tests/nn/test_plateau.py": "test_the_change_per_epoch_against_a_threshold",
        "docs/optim.md": "ReduceOnPlateau",
    },
)
def annealing():
    options = {"patience": 0, "factor": 0.5, "threshold": 0.05, "against": "last"}
    return tuple(rates(options | {"threshold_mode": mode}, [10.0, 9.6, 9.57, 5.0, 4.9]) for mode in ("abs", "rel"))


@item(
    "O18",
    "The rate a / (b + t)",
    HU,
    numbers={"a = 5, b = 50 at t = 0, 50, 450": "=0.1, 0.05, 0.01"},
    api="optim.inverse_time",
    where={
        9: "is fast at first and precise at the end",
        "tests/optim/test_schedules.py": "test_values_are_those_of_the_formula",
        "docs/optim.md": "inverse_time",
    },
)
def inverse_time():
    rate = optim.inverse_time(5.0, 50.0)
    return ((rate(0), rate(50), rate(450)),)


@item(
    "O19",
    "Rosenbrock's valley: steps until f < 1e-6; momentum is eleven times faster than plain gradient descent",
    HU,
    numbers={"plain": "15,068", "with momentum 0.9": "1,386", "Newton": "20"},
    api="optim.minimize",
    where={
        9: "Rosenbrock's function",
        "tests/optim/test_page.py": "test_steps_to_the_end_of_rosenbrocks_valley",
        "docs/optim.md": "minimize, and Rosenbrock's valley",
    },
)
def ravine():
    def steps(method, **hyper):
        found = optim.minimize(
            rosenbrock, np.array([-1.2, 1.0]), method, max_steps=3000, tolerance=0, target=1e-6, **hyper
        )
        assert found.converged
        return found.steps

    x, y, plain, way = -1.2, 1.0, 0, []
    while (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2 >= 1e-6:  # plain descent by its formulas, which is faster
        x, y = x + 0.001 * (2.0 * (1.0 - x) + 400.0 * x * (y - x * x)), y - 0.001 * 200.0 * (y - x * x)
        plain += 1
        way.append((x, y))
    same(optim.minimize(rosenbrock, np.array([-1.2, 1.0]), "sgd", max_steps=200, lr=0.001).xs[1:], way[:200])
    momentum = steps("sgd", lr=0.001, momentum=0.9)
    assert 10.5 < plain / momentum < 11.5
    return plain, momentum, steps("newton")


@item(
    "O20",
    "L2 makes weights small, L1 makes many of them zero; applied to weights only or to all parameters, within the "
    "gradient or separately",
    (PITAS, HU, NEWSON),
    numbers={
        "of 10 weights, 2 of which matter, below 0.001: L1, L2, none": "8, 0, 0",
        "gradient of lambda/2 w^2": "=0.02",
    },
    api=("nn.penalties.l1", "nn.penalties.l2", "optim.decay_groups", "optim.AdamW"),
    where={
        10: "This is called L2 regularization",
        "tests/nn/test_penalties.py": "test_values_and_gradients",
        "docs/variants.md": "L2: lambda or lambda / 2",
    },
)
def penalties():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 10))
    t = x[:, :1] - 2.0 * x[:, 1:2] + rng.normal(0.0, 0.3, (40, 1))
    small = []
    for penalty in (nn.penalties.l1, nn.penalties.l2, lambda layer: 0.0):
        layer = nn.Linear(10, 1, bias=False, dtype="float64", rng=0)
        optimizer = SGD(layer.parameters(), lr=optim.exponential(0.1, 0.99))
        for _ in range(600):
            optimizer.zero_grad()
            (nn.MSELoss()(layer(x), t) + 0.3 * penalty(layer)).backward()
            optimizer.step()
        small.append((abs(layer.weight.data) < 1e-3).sum())
    layer = nn.Linear(1, 1, dtype="float64")
    layer.weight.data = np.array([[0.2]])
    (0.1 * 0.5 * nn.penalties.l2(layer)).backward()
    assert layer.bias.grad is None
    return small, layer.weight.grad


@item(
    "O21",
    "Dropout with probability p in training, nothing dropped at test time; chainrule divides the remaining values by 1 "
    "- p",
    NEWSON,
    numbers={"values for p = 0.25": "0.0000, 1.3333", "mean, rounded": "1.0", "at test": "1"},
    api="nn.Dropout",
    where={
        10: "dropout sets each entry of a layer to zero",
        "tests/nn/test_dropout.py": "test_a_share_of_p_is_dropped_and_the_mean_stays",
        "docs/variants.md": "Dropout: where to scale",
    },
)
def dropout():
    layer, x = nn.Dropout(0.25, rng=0), np.ones(10_000)
    y = np.asarray(layer(x))
    return np.unique(y), y.mean(), np.unique(np.asarray(layer.eval()(x)))


@item(
    "O22",
    "Augmentation: shifted, mirrored, rotated and noisy copies of small images, made with a given random generator",
    NEWSON,
    numbers={"ink of a digit before, mirrored": "294, 294", "different images out of 20 draws": "20"},
    api=("nn.data.Shift", "nn.data.Flip", "nn.data.Rotate", "nn.data.Noise", "nn.data.Compose"),
    where={10: "Making more samples", "tests/nn/test_augment.py": "test_every_change"},
)
def augmentation():
    image = nn.data.digits(raw=True).x[:1].astype(float)
    mirrored = nn.data.Flip(p=1.0)(image, np.random.default_rng(0))
    same(mirrored[0, :, ::-1], image[0])
    change = nn.data.Compose(nn.data.Shift(1), nn.data.Rotate(10.0), nn.data.Noise(0.1))
    drawn = change(np.repeat(image, 20, axis=0), np.random.default_rng(0))
    return (image.sum(), mirrored.sum()), len({a.tobytes() for a in drawn})


def wavy(n, seed, noise=0.3):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, (n, 1))
    return x, np.sin(3.0 * x) + rng.normal(0.0, noise, (n, 1))


@item(
    "O23",
    "Early stopping: training ends when the validation error rises, and the best weights are restored",
    HWANG,
    numbers={"epochs from the best to the end": "30", "ended before the last of 400": "1"},
    api=("nn.fit", "nn.EarlyStopping"),
    where={10: "Then it restores the best weights", "tests/nn/training": "EarlyStopping"},
)
def early_stopping():
    model, held = nn.MLP([1, 60, 60, 1], "tanh", dtype="float64", rng=0), wavy(100, 1)
    stop = nn.EarlyStopping(patience=30)
    history = nn.fit(model, wavy(12, 0), held, loss=nn.MSELoss(), epochs=400, batch_size=12, seed=0, callbacks=[stop],
                     optimizer=lambda p: Adam(p, lr=0.01))  # fmt: skip
    same(nn.evaluate(model, held, loss=nn.MSELoss())["loss"], stop.best)
    assert stop.best < history[-1]["val_loss"]
    return len(history.rows) - stop.best_epoch, len(history.rows) < 400


@item(
    "O24",
    "Separate sets for training, validation and testing; k-fold cross-validation",
    HWANG,
    numbers={"60 / 20 / 20 of 100": "60, 20, 20", "how often each of 10 samples is held out by 5 folds": "1"},
    api=("nn.data.train_test_split", "nn.data.KFold", "nn.cross_validate"),
    where={10: "holds out each of them once", "tests/nn/test_data.py": "test_a_split_takes_every_sample_once"},
)
def held_out():
    rest, test = nn.data.train_test_split(np.arange(100), test_size=20, seed=0)
    train, validation = nn.data.train_test_split(rest, test_size=20, seed=0)
    assert sorted([*train, *validation, *test]) == list(range(100))
    folds = list(nn.data.KFold(5, seed=0).split(np.zeros(10)))
    assert all(not set(train) & set(test) for train, test in folds)
    return [len(train), len(validation), len(test)], np.unique(np.bincount(np.concatenate([f.test for f in folds])))


@item(
    "O25",
    "Underfitting shows in the training error; overfitting shows only in the validation error, which estimates the "
    "error on new data: of three networks, the one with 1 unit is worst on both, and the one with two layers of 60 is "
    "best in training but not in validation",
    PITAS,
    numbers={
        "training errors of 1, 3, 60-60 units": ".16, .08, .02",
        "validation errors": ".34, .13, .19",
        "errors on 1,000 new points": ".29, .12, .17",
    },
    api=("nn.fit", "nn.History", "nn.plot.learning_curves"),
    where={10: "It overfits, and only the test error shows that"},
)
def fitting():
    errors = []
    for sizes, lr, epochs in (([1, 1, 1], 0.05, 200), ([1, 3, 1], 0.05, 200), ([1, 60, 60, 1], 0.01, 400)):
        model = nn.MLP(sizes, "tanh", dtype="float64", rng=0)
        history = nn.fit(model, wavy(12, 0), wavy(100, 1), loss=nn.MSELoss(), epochs=epochs, batch_size=12, seed=0,
                         optimizer=lambda p, lr=lr: Adam(p, lr=lr))  # fmt: skip
        new = nn.evaluate(model, wavy(1000, 9), loss=nn.MSELoss())["loss"]
        errors.append((history[-1]["loss"], history[-1]["val_loss"], new))
    return tuple(zip(*errors, strict=True))


@item(
    "O26",
    "Inputs of size 0.001 and 100 side by side make descent slow; brought to a common scale, or scaled to 0 .. 1, it "
    "is fast",
    (VISHWAJITH, NEWSON),
    numbers={
        "errors after 50 steps: unscaled, standardized": ".169, .000",
        "0, 5, 10 scaled to 0 .. 1": "=0.0, 0.5, 1.0",
    },
    api=("nn.data.Standardize", "nn.data.MinMax"),
    where={
        11: "uses inputs of ±0.001 and ±100",
        "tests/nn/test_data_sets.py": "test_scaling",
        "docs/variants.md": "Variance: of inputs and in batch normalization",
    },
    slip="The variance on the slide is not centred: it is the mean of the squares.",
)
def scales():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, (50, 2)) * np.array([0.001, 100.0])
    t = x @ np.array([[1000.0], [0.01]])
    scaled = nn.data.Standardize(x)(x)
    same(scaled.mean(axis=0), np.zeros(2))
    same(scaled.std(axis=0), np.ones(2))
    errors = []
    for inputs in (x, scaled):
        safe = 1.0 / np.linalg.eigvalsh(inputs.T @ inputs / 50)[-1]
        layer = nn.Linear(2, 1, bias=False, dtype="float64")
        nn.init.zeros_(layer.weight)
        optimizer = SGD(layer.parameters(), lr=safe)
        for _ in range(50):
            optimizer.zero_grad()
            loss = nn.MSELoss(half=True)(layer(inputs), t - t.mean())
            loss.backward()
            optimizer.step()
        errors.append(loss.item())
    return errors, nn.data.MinMax(np.array([[0.0], [10.0]]))(np.array([[0.0], [5.0], [10.0]]))


@item(
    "O27",
    "Batch normalization with scale and shift, before or after the non-linearity: both train",
    NEWSON,
    numbers={
        "mean and deviation of each feature": "=0.0, 1.0",
        "correct on two moons: without, before, after": ".865, .920, .930",
    },
    api=("nn.BatchNorm1d", "nn.BatchNorm2d"),
    where={
        11: "Which position is better depends on the activation and the task",
        "tests/nn/test_normalization.py": "test_mean_zero_and_variance_one",
        "docs/variants.md": "Variance: of inputs and in batch normalization",
    },
    slip="The variance on the slide is not centred.",
)
def batch_normalisation():
    x = np.random.default_rng(0).normal(3.0, 5.0, (64, 4))
    y = nn.BatchNorm1d(4, eps=0.0, dtype="float64")(x).data
    points, labels = nn.data.moons(200, noise=0.1, seed=0)
    right = []
    for middle in ((nn.Tanh(),), (nn.BatchNorm1d(16), nn.Tanh()), (nn.Tanh(), nn.BatchNorm1d(16))):
        model = nn.Sequential(nn.Linear(2, 16, rng=0), *middle, nn.Linear(16, 2, rng=1))
        nn.fit(model, (points, labels), loss=nn.CrossEntropyLoss(), epochs=20, batch_size=50, seed=0,
               optimizer=lambda p: SGD(p, lr=0.5))  # fmt: skip
        right.append(nn.metrics.accuracy(nn.predict(model, points), labels))
    return (abs(y.mean(axis=0)).max(), y.std(axis=0).mean()), right


@item(
    "O28",
    "With all weights at 0, the units of a layer stay equal for ever; chainrule warns about it",
    NEWSON,
    numbers={"different hidden units after 20 steps, from equal weights, from random ones": "1, 4", "warnings": "1"},
    api=("nn.init.zeros_", "nn.SymmetryWarning"),
    where={
        11: "Units that start out equal get equal gradients",
        "tests/nn/test_init.py": "test_units_that_start_equal_are_warned_about",
    },
)
def symmetry():
    x, y = nn.data.xor()
    different, warned = [], 0
    for equal in (True, False):
        model = nn.MLP([2, 4, 1], "sigmoid", rng=0)
        if equal:
            for p in model.parameters():
                nn.init.zeros_(p)
        optimizer = SGD(model.parameters(), lr=0.5)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(20):
                optimizer.zero_grad()
                nn.BCEWithLogitsLoss()(model(x)[:, 0], y).backward()
                optimizer.step()
        warned += sum(issubclass(w.category, nn.SymmetryWarning) and "0.weight" in str(w.message) for w in caught)
        different.append(len({row.tobytes() for row in model[0].weight.data}))
    return different, warned


@item(
    "O29",
    "Small random initial weights: normal with 0.01, Xavier with 1 / sqrt(n_in), normal or uniform, and MSRA",
    (HU, VISHWAJITH, NEWSON),
    numbers={"deviations for 400 inputs: 0.01, Xavier, Xavier uniform, MSRA": ".010, .050, .050, .071"},
    api=("nn.init.normal_", "nn.init.xavier_normal_", "nn.init.xavier_uniform_", "nn.init.kaiming_normal_"),
    where={
        11: "This is Xavier initialization",
        "tests/nn/test_init.py": "test_standard_deviation",
        "docs/variants.md": "Xavier and MSRA",
    },
    slip="MSRA is given as 2 / sqrt(n_in); the paper has sqrt(2 / n_in), which is smaller by a factor of sqrt(2).",
)
def starts():
    w = nn.Parameter(np.zeros((500, 400)))
    fills = (
        lambda: nn.init.normal_(w, std=0.01, rng=0),
        lambda: nn.init.xavier_normal_(w, fan="in", rng=0),
        lambda: nn.init.xavier_uniform_(w, fan="in", rng=0),
        lambda: nn.init.kaiming_normal_(w, nonlinearity="relu", rng=0),
    )
    return ([fill().data.std() for fill in fills],)


@item(
    "O30",
    "How the spread of activations develops over ten layers depends on the initial weights: 0.01 makes it vanish; with "
    "Xavier about a third is left for tanh, and with MSRA most of it for ReLU",
    (HU, NEWSON),
    numbers={"last over first: 0.01 with tanh, Xavier with tanh, MSRA with ReLU": ".00, .35, .83"},
    api=("nn.init.normal_", "nn.init.kaiming_normal_", "nn.plot.activation_histograms"),
    where={11: "On the left, the signal dies out"},
)
def spreads():
    ratios = []
    for activation, fill in (
        ("tanh", lambda p: nn.init.normal_(p, std=0.01, rng=0)),
        ("tanh", lambda p: nn.init.xavier_normal_(p, rng=0)),
        ("relu", lambda p: nn.init.kaiming_normal_(p, nonlinearity="relu", rng=0)),
    ):
        model = nn.MLP([100] * 11, activation, activation, dtype="float64", rng=0)
        rng = np.random.default_rng(1)
        for p in model.parameters():
            if p.ndim == 2:
                fill(p)
                p.data = p.data * rng.choice([-1.0, 1.0], p.shape)  # the layers differ, the deviation stays
            else:
                nn.init.zeros_(p)
        y, spread = np.random.default_rng(0).normal(size=(100, 100)), []
        for layer in model:
            y = layer(y)
            if not isinstance(layer, nn.Linear):
                spread.append(np.sqrt((y.data**2).mean()))
        ratios.append(spread[-1] / spread[0])
    return (ratios,)


@item(
    "O31",
    "Data larger than memory: mini-batches are read as needed from a file or a generator",
    PITAS,
    numbers={"samples of a stream of 1,000 in memory at once": "50"},
    api=("nn.data.Loader", "nn.data.npy"),
    where={
        8: "nn.data.Loader(stream, 50)",
        "tests/nn/test_data_files.py": "test_npy_files_that_are_refused",
        "examples/stream_large_file.py": "Train on a file that does not fit in memory",
    },
)
def larger_than_memory():
    made = taken = most = 0

    def stream():
        nonlocal made
        for i in range(1000):
            made += 1
            yield np.full(3, float(i))

    for batch in nn.data.Loader(stream, 50):
        most = max(most, made - taken)
        taken += len(batch)
    assert taken == 1000
    return most


@item(
    "O32",
    "Full connectivity costs memory and multiplications: a dense layer from 28x28 inputs to as many units, compared "
    "with a convolution",
    PITAS,
    numbers={"parameters: dense, 3x3 kernel": "615,440, 10", "multiply-adds": "614,656, 7,056"},
    api="nn.summary",
    where={
        12: "A fully connected layer from 28 by 28 pixels to as many units",
        "tests/nn/test_summary.py": "test_multiply_adds_of_networks",
    },
)
def costs():
    dense = nn.summary(nn.Sequential(nn.Flatten(), nn.Linear(784, 784)), np.zeros((1, 1, 28, 28), "float32"))
    sparse = nn.summary(nn.Conv2d(1, 1, 3, padding=1), np.zeros((1, 1, 28, 28), "float32"))
    return (dense.parameters, sparse.parameters), (dense.multiply_adds, sparse.multiply_adds)
