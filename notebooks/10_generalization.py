# %% [markdown]
# # 10. Generalization
#
# *About 45 minutes, with the exercises.*
#
# We train a model on some samples and use it on others. A good model is right about samples that it has never seen.
# This notebook shows how models fail at this, how to notice, and what helps: a lower degree, small weights, early
# stopping, dropout and augmented images. All of these make the *training* error worse.

# %%
from functools import partial

import numpy as np

import nn
import nn.plot
import optim
from nn.data import Flip, KFold, Noise, Rotate, Shift
from nn.exercises import check, reveal
from nn.metrics import accuracy

# %% [markdown]
# ## Too simple, about right, too flexible
#
# We have twelve noisy samples of a parabola for training, and 200 more that the fits never see. We fit polynomials of
# degree 1, 2 and 9 by least squares.

# %%
rng = np.random.default_rng(22)


def truth(x):
    """The parabola."""
    return 1 + 0.5 * x - 2 * x**2


def sample(count):
    """Random points, and noisy values of the parabola there."""
    x = rng.uniform(-1, 1, count)
    return x, truth(x) + 0.2 * rng.standard_normal(count)


def powers(x, degree):
    """The columns 1, x, x^2, ... up to the given degree."""
    return np.vander(x, degree + 1, increasing=True)


def fit(x, t, degree, penalty=0.0):
    """The weights that minimize squared error plus penalty times squared weights, without penalizing the bias."""
    A = powers(x, degree)
    small = np.diag(np.sqrt(penalty * np.r_[0, np.ones(degree)]))
    return np.linalg.lstsq(np.vstack([A, small]), np.r_[t, np.zeros(degree + 1)])[0]


def error(w, x, t):
    """The mean squared error of a polynomial."""
    return np.mean((powers(x, len(w) - 1) @ w - t) ** 2)


x_all, t_all = sample(1000)
train, test = (x_all[:12], t_all[:12]), sample(200)

# %%
grid = np.linspace(-1, 1, 100)
for ax, degree in zip(nn.plot.panels("degree 1", "degree 2", "degree 9", share=True), [1, 2, 9], strict=True):
    w = fit(*train, degree)
    print(f"degree {degree}: training error {error(w, *train):.3f}, test error {error(w, *test):.3f}")
    curves = {"fit": powers(grid, degree) @ w, "parabola": truth, "training samples": train}
    nn.plot.lines(curves, grid, dots=["training samples"], ax=ax, xlabel="x", ylim=(-2.5, 2.5))

# %% [markdown]
# The line is far from both sets of samples. It *underfits*, and the training error shows that. The polynomial of degree
# 9 comes closest to the samples it has seen, but it is far off between them. It *overfits*, and only the test error
# shows that.
#
# **Predict.** What happens to the *training* error as the degree grows from 0 to 9? Answer `"falls"`, `"rises"`, or
# `"falls, then rises"`.

# %%
guess = ...

reveal(guess, exercise="10.a")

# %% [markdown]
# As the degree grows, the training error can only fall, because every polynomial is also a polynomial of the next
# higher degree. The test error first falls and then rises again.

# %%
degrees = np.arange(10)
fits = [fit(*train, degree) for degree in degrees]
errors = {
    "training": [error(w, *train) for w in fits],
    "test": [error(w, *test) for w in fits],
    "variance of the noise": ([0, 9], [0.04, 0.04]),
}
ax = nn.plot.lines(errors, degrees, log="y", xlabel="degree", ylabel="mean squared error")

# %% [markdown]
# Move the degree and watch both errors. Between which samples does the curve go wrong first?


# %%
def polynomial(degree, ax):
    """The polynomial of a degree that fits the training samples best."""
    w = fit(*train, degree)
    shown = {"fit": powers(grid, degree) @ w, "parabola": truth(grid), "samples": train}
    title = f"training error {error(w, *train):.3f}, test error {error(w, *test):.3f}"
    nn.plot.lines(shown, grid, dots=["samples"], ax=ax, xlabel="x", ylim=(-2.5, 2), title=title)


nn.plot.frames(polynomial, range(12), name="degree", start=2)

# %% [markdown]
# On new samples, no model can do better than the noise allows. Its variance here is 0.04. A training error below that
# value means that the model has learned noise: a little of it at degree 2, nearly all of it at degree 9.
#
# What matters is the proportion between parameters and samples. With more samples, the same degree 9 is harmless:

# %%
for count in [12, 30, 100, 1000]:
    w = fit(x_all[:count], t_all[:count], 9)
    print(f"degree 9, {count:4} samples: test error {error(w, *test):7.4f}, largest weight {np.abs(w).max():5.1f}")

# %% [markdown]
# ## Small weights: L2
#
# The weights give overfitting away as well: to wind through all the samples, the polynomial needs large ones. So let us
# make large weights expensive and minimize $\sum_n (f(x_n) - t_n)^2 + \lambda \sum_i w_i^2$. This is called *L2
# regularization*, ridge regression or weight decay. The bias is not penalized, because shifting a curve upwards does
# not make it less smooth.

# %%
strengths = 10.0 ** np.arange(-6, 3)
fits = [fit(*train, 9, strength) for strength in strengths]
errors = {"training": [error(w, *train) for w in fits], "test": [error(w, *test) for w in fits]}
curves = {f"strength {s:g}": powers(grid, 9) @ fit(*train, 9, s) for s in [1e-6, 1e-2, 1e2]}
left, right = nn.plot.panels("mean squared error, degree 9", "three of the fits")
nn.plot.lines(errors, strengths, log="x", ax=left, xlabel="strength of the penalty")
ax = nn.plot.lines(curves | {"samples": train}, grid, dots=["samples"], ax=right, xlabel="x", ylim=(-2.5, 2.5))

# %%
for strength in [0, 1e-6, 1e-2, 1e2]:
    print(f"strength {strength:6g}: weights {fit(*train, 9, strength)[1:].round(2)}")

# %% [markdown]
# A penalty that is too weak changes nothing, and one that is too strong leaves a flat line. In between, degree 9 is
# almost as good as degree 2, and nobody had to know that the data come from a parabola.
#
# ## Few weights: L1
#
# If the penalty is $\lambda \sum_i |w_i|$ instead of the sum of squares, many weights become exactly 0. In the next
# example there are 20 inputs, and only four of them matter. The pull of the squared penalty weakens as a weight gets
# smaller. The absolute value always pulls with the same strength, until the weight is zero.
#
# At zero, its derivative jumps, and plain gradient descent would oscillate around it. We therefore make the step of the
# penalty separately, and let it stop at zero.
#
# **Predict.** We train with L1 and with L2. How many of the 20 weights are exactly 0 with **L2**?

# %%
guess = ...

true = np.zeros(20)
true[[2, 7, 11, 16]] = [1.5, -2.0, 1.0, 0.8]
inputs = rng.standard_normal((40, 20))
targets = inputs @ true + 0.5 * rng.standard_normal(40)


def learn(l1=0.0, l2=0.0, steps=400, lr=0.1):
    """The weights of a linear layer trained with one of the penalties."""
    layer = nn.Linear(20, 1, bias=False, rng=0, dtype=float)
    optimizer = optim.SGD(layer.parameters(), lr=lr)
    for _ in range(steps):
        loss = 0.5 * nn.MSELoss()(layer(inputs)[:, 0], targets) + l2 * nn.penalties.l2(layer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        w = layer.weight.data
        layer.weight.data = np.sign(w) * np.maximum(np.abs(w) - lr * l1, 0)
    return layer.weight.numpy()[0]


learned = {"no penalty": learn(), "L2": learn(l2=0.1), "L1": learn(l1=0.15)}
reveal(guess, int(np.sum(learned["L2"] == 0)), exercise="10.b")

# %%
titles = [f"{name}: {np.sum(w == 0)} weights are 0" for name, w in learned.items()]
for ax, w in zip(nn.plot.panels(*titles, share=True), learned.values(), strict=True):
    both = {"true": true, "learned": w}
    nn.plot.lines(both, range(20), dots=both, ax=ax, xlabel="input", ylim=(-2.4, 2.8))

# %% [markdown]
# L2 makes all weights smaller, including those that matter, but none of them exactly zero. L1 drops most of the inputs
# that do not matter and keeps the four that do.
#
# ## Early stopping
#
# A network can overfit in one more way: by training for too long. Here we use 60 noisy points from two moons for
# training, 100 for validation and 1000 for testing. The network is far too large for so few points.

# %%
x, y = nn.data.moons(1160, noise=0.3, seed=1)
seen, held_out, unseen = [(x[part], y[part]) for part in (slice(60), slice(60, 160), slice(160, None))]


def train_network(model, epochs=200, **options):
    """The history of training on the 60 points."""
    return nn.fit(
        model,
        seen,
        held_out,
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda p: optim.Adam(p, lr=0.01),
        epochs=epochs,
        batch_size=60,
        seed=0,
        show=False,
        **options,
    )


long = nn.MLP([2, 64, 64, 2], rng=0)
history = train_network(long)
print("smallest validation loss in epoch", history.best("val_loss")["epoch"])
ax = history.plot()

# %% [markdown]
# The validation loss (`val_loss`) falls, reaches a minimum, and then rises while the training loss approaches zero. So
# we should stop at the minimum. To be sure that it is the minimum, `EarlyStopping` waits for a number of epochs without
# improvement. Then it restores the best weights.

# %%
early = nn.MLP([2, 64, 64, 2], rng=0)
print(train_network(early, callbacks=[nn.EarlyStopping(patience=20)]).stopped)
for name, model in [("early", early), ("long", long)]:
    found = nn.evaluate(model, unseen, loss=nn.CrossEntropyLoss(), metrics=[accuracy])
    print(f"{name:5} on the test points: loss {found['loss']:.3f}, accuracy {found['accuracy']:.3f}")

# %%
for ax, model in zip(nn.plot.panels("stopped early", "trained long"), [early, long], strict=True):
    nn.plot.decision_boundary(model, *seen, resolution=70, legend=False, ax=ax)

# %% [markdown]
# We used the validation points to decide when to stop, so they no longer count as unseen. The final verdict therefore
# belongs to a third set, the test points.
#
# ## Dropout
#
# During training, dropout sets each entry of a layer to zero with probability $p$, with a new random choice in every
# step, so no unit can rely on any other particular unit. The remaining entries are divided by $1 - p$, which keeps the
# mean unchanged. In evaluation mode nothing is dropped, and nothing needs to be rescaled.

# %%
layer = nn.Dropout(0.5, rng=1)
print("training:  ", layer(np.ones(8)))
print("evaluation:", layer.eval()(np.ones(8)))


# %%
def with_dropout(p, rng):
    """The same network with dropout after both hidden layers."""
    return nn.Sequential(
        nn.Linear(2, 64, rng=rng),
        nn.ReLU(),
        nn.Dropout(p, rng=rng),
        nn.Linear(64, 64, rng=rng),
        nn.ReLU(),
        nn.Dropout(p, rng=rng),
        nn.Linear(64, 2, rng=rng),
    )


curves = {"without dropout": history["val_loss"]}
for p in [0.3, 0.5]:
    dropped = train_network(with_dropout(p, np.random.default_rng(0)))
    curves[f"dropout, p = {p}"] = dropped["val_loss"]
ax = nn.plot.learning_curves(curves)

# %% [markdown]
# These are the validation losses. With dropout we still need to stop early, but the loss rises much more slowly.
# Dropout is one form of regularization among several. Weight decay (`optim.AdamW`) helps here too.
#
# ## Making more samples
#
# The best remedy for overfitting is more data, and some of it can be made: a slightly rotated 8 is still an 8. Here is
# one digit in its original form and with random changes of four kinds.

# %%
digits, names = nn.data.digits()
images = digits.reshape(-1, 1, 8, 8)
changes = {
    "rotated by up to 20°": Rotate(20),
    "with noise": Noise(0.2),
    "shifted by a pixel": Shift(1),
    "mirrored or not": Flip(),
}
six = np.repeat(images[3:4], 6, axis=0)
for title, change in changes.items():
    changed = change(six, np.random.default_rng(0))
    ax = nn.plot.matrices({"original": images[3, 0], title: np.hstack(changed[:, 0])}, numbers=False)

# %% [markdown]
# A network learns 200 of the digits, with new random changes in every epoch. We test it on the other 1597, first
# unchanged and then randomly shifted by one pixel. The numbers are averages over two training runs.
#
# **Predict.** One of the four changes makes the network *worse* on unchanged digits than no change at all, by far.
# Which one: `"rotated"`, `"noise"`, `"shifted"`, or `"mirrored"`?

# %%
guess = ...

few, others, few_names, other_names = nn.data.train_test_split(images, names, test_size=1597, stratify=names, seed=0)
shifted = Shift(1)(others, np.random.default_rng(0))


def accuracies(change):
    """The accuracy on the other digits, unchanged and shifted."""
    found = []
    for seed in range(2):
        model = nn.Sequential(nn.Flatten(), nn.MLP([64, 128, 128, 10], rng=seed))
        batches = nn.data.Loader((few, few_names), 32, shuffle=True, seed=seed, augment=change)
        nn.fit(
            model, batches, loss=nn.CrossEntropyLoss(), optimizer=partial(optim.Adam, lr=3e-3), epochs=80, show=False
        )
        found.append([accuracy(nn.predict(model, part), other_names) for part in (others, shifted)])
    return np.mean(found, axis=0)


table = {title: accuracies(change) for title, change in {"unchanged": None, **changes}.items()}
reveal(guess, exercise="10.c")

# %%
print("training digits            unchanged  shifted")
for title, (on_unchanged, on_shifted) in table.items():
    print(f"{title:24} {on_unchanged:11.3f} {on_shifted:8.3f}")

# %% [markdown]
# Each change states that something *does not matter*. For noise this is true, and noise helps. It is also true for
# small rotations, but few of these digits are rotated, so there is little to gain. With shifts by one pixel, the
# network learns that position does not matter. These digits are all centred, so this costs it a little accuracy on the
# unchanged ones. For mirroring the statement is false: a mirrored 3 is not a digit, and mirroring does harm.
#
# ## Every sample held out once
#
# If data are scarce, the held-out part is small, and its verdict depends on luck. *k-fold cross-validation* splits the
# data into k parts and holds out each of them once. All samples are used for training and all for validation, and the
# spread over the parts shows how far the average can be trusted.
#
# Which degree should our polynomial have? We decide with 30 samples and no test set:

# %%
xs, ts = x_all[:30], t_all[:30]
scores = np.array(
    [
        [error(fit(xs[kept], ts[kept], degree), xs[out], ts[out]) for kept, out in KFold(5, seed=0).split(xs)]
        for degree in degrees
    ]
)
means, spreads = scores.mean(axis=1), scores.std(axis=1, ddof=1)
for degree in degrees:
    print(f"degree {degree}: error {means[degree]:.3f} +- {spreads[degree]:.3f}")
print("smallest mean: degree", means.argmin())

# %% [markdown]
# For networks, `nn.cross_validate` does the same. Here we use it to choose the weight decay for the two moons.
# Everything that is computed from data, such as the scale of the inputs, is computed from the training part of each
# fold only.

# %%
for decay in [0.0, 0.3, 3.0, 30.0]:
    result = nn.cross_validate(
        partial(nn.MLP, [2, 64, 64, 2]),
        (x[:160], y[:160]),
        loss=nn.CrossEntropyLoss(),
        optimizer=partial(optim.AdamW, lr=0.01, weight_decay=decay),
        folds=KFold(5, stratify=True, seed=0),
        scale=nn.data.Standardize,
        epochs=100,
        batch_size=64,
        seed=0,
        show=False,
    )
    print(f"weight decay {decay:4}: loss {result.mean['loss']:.3f} +- {result.std['loss']:.3f}")

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("10.1")` gives a hint for exercise 1, and `nn.exercises.hint("10.1", 2)` a
# stronger one.
#
# **1.** The loss is $E + \frac{\lambda}{2} \sum_i w_i^2$, and $g$ is the gradient of $E$ with respect to $w$. Write one
# step of gradient descent with the learning rate `lr`. The argument `decay` is $\lambda$.


# %%
def step(w, g, lr, decay):
    """The weights after one step."""
    return ...


check(step, exercise="10.1")

# %% [markdown]
# **2.** The penalty $\lambda \sum_i |w_i|$ moves each weight towards zero by `shrink` (the learning rate times
# $\lambda$). A weight that is closer to zero than that becomes zero. Write this step.


# %%
def towards_zero(w, shrink):
    """The weights after the step of the penalty."""
    return ...


check(towards_zero, exercise="10.2")

# %% [markdown]
# **3.** Write dropout for training mode. `mask` has the shape of `x`. Its entries are 0 with probability `p`, and 1
# otherwise. The average over all masks has to be `x`.


# %%
def dropout(x, mask, p):
    """The entries of x that remain, rescaled."""
    return ...


check(dropout, exercise="10.3")

# %% [markdown]
# **4.** The validation losses of epochs 1 to 8 are 0.9, 0.7, 0.6, 0.65, 0.62, 0.61, 0.66 and 0.5. Early stopping has a
# patience of 3 epochs. After which epoch does it stop, and from which epoch are the weights that it restores?

# %%
stops_after, goes_back_to = ..., ...

check([stops_after, goes_back_to], exercise="10.4")

# %% [markdown]
# **5.** Standardize a part of a data set: subtract a mean from each column and divide by a standard deviation. Which
# mean and which deviation must you use if `test` holds samples that the model must not have seen?


# %%
def scaled(train, test):
    """The test part, scaled."""
    return ...


check(scaled, exercise="10.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The derivative of the penalty is $\lambda w$. The step removes a fraction of each weight, hence the name weight
# *decay*.
#
# ```python
# def step(w, g, lr, decay):
#     return w - lr * (g + decay * w)
# ```
#
# **2** Only the absolute value shrinks, and it does not fall below zero.
#
# ```python
# def towards_zero(w, shrink):
#     return np.sign(w) * np.maximum(np.abs(w) - shrink, 0)
# ```
#
# **3** On average, a fraction of 1 - p remains.
#
# ```python
# def dropout(x, mask, p):
#     return x * mask / (1 - p)
# ```
#
# **4** Epochs 4, 5 and 6 are no better than epoch 3, so training stops. It never gets to the 0.5 of epoch 8; with a
# longer patience it would have.
#
# ```python
# stops_after, goes_back_to = 6, 3
# ```
#
# **5** Use those of the training part. The test part must not influence anything.
#
# ```python
# def scaled(train, test):
#     return (test - train.mean(axis=0)) / train.std(axis=0)
# ```
#
# </details>
