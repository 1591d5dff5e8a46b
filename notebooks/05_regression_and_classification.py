# %% [markdown]
# # 05. Regression and classification
#
# A regression answers with a number, a classification with one of several classes. What a network is good for is
# decided at its end: by the function that turns scores into answers, and by the loss. This notebook shows where the
# usual pairs come from, and what goes wrong with others.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, grad, jacobian, tensor
from nn.exercises import check
from nn.functional import sigmoid, softmax
from nn.metrics import average_precision, f1, precision, precision_recall_curve, recall

# %% [markdown]
# ## A straight line, found twice
#
# Linear regression looks for $w$ and $b$ that make $E = \frac{1}{2N} \sum_n (w^\top x_n + b - t_n)^2$ small. Its
# gradient is zero where
#
# $$A^\top A \begin{pmatrix} w \\ b \end{pmatrix} = A^\top t,$$
#
# the *normal equations*. The rows of $A$ are the samples, with a 1 at the end for the bias.

# %%
rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, (30, 1))
t = 0.5 + 0.7 * x[:, 0] - 1.2 * x[:, 0] ** 2 + 0.1 * rng.standard_normal(30)

A = np.hstack([x, np.ones((30, 1))])
w, b = np.linalg.solve(A.T @ A, A.T @ t)
print(f"normal equations: w = {w:.6f}, b = {b:.6f}")

# %% [markdown]
# A network of one linear layer, trained with squared error, gets to the same place, step by step.


# %%
def descend(layer, targets, steps=400):
    """Train a linear layer on the samples with squared error."""
    optimizer = optim.SGD(layer.parameters(), lr=0.5)
    for _ in range(steps):
        loss = 0.5 * nn.MSELoss()(layer(x), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return layer


line = descend(nn.Linear(1, 1, rng=0, dtype=float), t[:, None])
print(f"trained:          w = {line.weight.item():.6f}, b = {line.bias.item():.6f}")

# %% [markdown]
# *Linear* means linear in the weights. With a column for each power of $x$ in $A$, the same equations fit a parabola.
# (How many powers are good is the question of notebook 08.)

# %%
P = np.hstack([x**2, x, np.ones((30, 1))])
parabola = np.linalg.solve(P.T @ P, P.T @ t)
print("parabola:", parabola.round(3), " numpy.polyfit:", np.polyfit(x[:, 0], t, 2).round(3))

grid = np.linspace(-1, 1, 100)
_, ax = plt.subplots()
ax.plot(x, t, "o", color="0.5", markersize=4, label="samples")
ax.plot(grid, w * grid + b, label="line")
ax.plot(grid, np.polyval(parabola, grid), "--", label="parabola")
ax.set(xlabel="x", ylabel="t")
ax.legend()
plt.show()

# %% [markdown]
# With several outputs there is a column of targets for each, and a row of $W$. They do not disturb each other: it is
# one regression per output.

# %%
targets = np.stack([t, t**2, np.sin(3 * x[:, 0])], axis=1)
solution = np.linalg.solve(A.T @ A, A.T @ targets)
several = descend(nn.Linear(1, 3, rng=0, dtype=float), targets)
print("normal equations: W =", solution[0].round(6), " b =", solution[1].round(6))
print("trained:          W =", several.weight.numpy()[:, 0].round(6), " b =", several.bias.numpy().round(6))

# %% [markdown]
# ## Four models of one series
#
# Regression is also how a series is predicted: the targets are its next values. Hwang's lecture sets a linear
# recursion, a polynomial, a rational function and nested sigmoids side by side; here they meet on one series, in which
# $y_{k+1} = \frac{y_k}{1 + y_k^2} + u_k^3$ with a random input $u$. Each model is a function of the past $(y_k, u_k)$
# and of some parameters, and `optim.minimize` finds these by the engine's gradients, whatever the model looks like.

# %%
u, y = rng.uniform(-1, 1, 160), np.zeros(161)
for k in range(160):
    y[k + 1] = y[k] / (1 + y[k] ** 2) + u[k] ** 3


def powers(y, u):
    return np.stack([y, u, y * y, y * u, u * u, y**3, y * y * u, y * u * u, u**3], axis=-1)


def linear(p, y, u):
    return p[0] * y + p[1] * u


def polynomial(p, y, u):
    return powers(y, u) @ p


def rational(p, y, u):
    return (p[0] * y + p[1] * u**3 + p[2] * y * y * u**3) / (1 + p[3] * y * y + p[4] * y * u + p[5] * u * u)


def sigmoids(p, y, u):
    inside = np.stack([y, u], axis=-1) @ p["V"] + p["c"]
    return nn.functional.sigmoid(inside) @ p["w"] + p["b"]


starts = {
    linear: np.zeros(2),
    polynomial: np.zeros(9),
    rational: np.zeros(6),
    sigmoids: {"V": rng.normal(size=(2, 6)), "c": rng.normal(size=6), "w": rng.normal(size=6), "b": 0.0},
}
fits = {}
first, last = slice(0, 120), slice(120, 160)
print("model        numbers   error, first 120 steps   error, last 40")
for model, start in starts.items():

    def error(p, part, model=model):
        return np.mean((model(p, y[:-1][part], u[part]) - y[1:][part]) ** 2)

    fits[model] = optim.minimize(lambda p, error=error: error(p, first), start, method="LBFGS", max_steps=300).x
    size = sum(np.size(part) for part in start.values()) if isinstance(start, dict) else start.size
    print(f"{model.__name__:10} {size:9}   {error(fits[model], first):22.5f}   {error(fits[model], last):14.5f}")

# %% [markdown]
# The straight line cannot bend, whatever its two numbers are. The rational function has the form of the law itself and
# finds it exactly. The polynomial and the sigmoids know nothing of the law and come close, each by its own way of
# bending. Here they go on alone for the last 40 steps, fed with their own predictions:

# %%
_, ax = plt.subplots(figsize=(8, 3))
ax.plot(range(120, 161), y[120:], color="0.6", linewidth=4, label="the series")
for model, dash in ((linear, ":"), (polynomial, "--"), (sigmoids, "-")):
    run = [y[120]]
    for k in range(120, 160):
        run.append(float(model(fits[model], np.array(run[-1]), np.array(u[k]))))
    ax.plot(range(120, 161), run, dash, linewidth=1.4, label=model.__name__)
ax.set(xlabel="k", ylabel="y", ylim=(-1.9, 1.9))
ax.legend(ncols=4, loc="upper center")
plt.show()

# %% [markdown]
# ## A regression as a classifier
#
# For two classes, call the targets 0 and 1, fit a line, and answer 1 where it is above one half. This is often good,
# and has a weakness: the loss also punishes answers that are *too right*. A few samples far on the right side pull
# the line down, and the boundary with it.
#
# The logistic curve $h = 1/(1 + e^{-z})$ of the score $z = wx + b$ has no such trouble: it levels off. It crosses one
# half where $z = 0$, so its answer is the sign of the score.

# %%
near = np.concatenate([rng.normal(2, 0.8, 12), rng.normal(5.5, 0.8, 12)])
far = rng.normal(24, 2, 8)
sets = {
    "without": (near, np.repeat([0.0, 1.0], 12)),
    "with far samples": (np.concatenate([near, far]), np.repeat([0.0, 1.0], [12, 20])),
}


def fit_line(x, t):
    """Slope and intercept of the least squared error."""
    A = np.stack([x, np.ones_like(x)], axis=1)
    return np.linalg.solve(A.T @ A, A.T @ t)


def fit_logistic(x, t):
    """Slope and intercept of the least cross-entropy, with a small penalty on the slope."""

    def loss(w):
        return nn.functional.binary_cross_entropy_with_logits(w[0] * x + w[1], t) + 1e-3 * w[0] ** 2

    return optim.minimize(loss, np.zeros(2), method="LBFGS").x


# %%
_, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), sharey=True)
wide = np.linspace(-1, 28, 300)
for ax, (title, (x1, t1)) in zip(axes, sets.items(), strict=True):
    line_w, line_b = fit_line(x1, t1)
    curve_w, curve_b = fit_logistic(x1, t1)
    ax.plot(x1, t1, "o", color="0.5", markersize=4)
    ax.plot(wide, line_w * wide + line_b, label=f"line: boundary at {(0.5 - line_b) / line_w:.2f}")
    ax.plot(wide, sigmoid(curve_w * wide + curve_b), "--", label=f"logistic: boundary at {-curve_b / curve_w:.2f}")
    ax.axhline(0.5, color="0.7", linewidth=1)
    ax.set(xlabel="x", title=title, ylim=(-0.3, 1.9))
    ax.legend(loc="upper right")
    by_line, by_curve = line_w * x1 + line_b > 0.5, curve_w * x1 + curve_b > 0
    print(f"{title}: the line makes {np.sum(by_line != t1)} mistakes, the logistic curve {np.sum(by_curve != t1)}")
plt.show()

# %% [markdown]
# ## Which loss for a logistic unit?
#
# Let the unit answer $h$ where $t$ is right. Two losses suggest themselves, with these slopes by the score $z$:
#
# | | loss | slope by $z$ |
# |---|---|---|
# | squared error | $\frac12 (h - t)^2$ | $(h - t)\,h\,(1 - h)$ |
# | cross-entropy | $-t \ln h - (1 - t) \ln (1 - h)$ | $h - t$ |
#
# The factor $h(1 - h)$ of the sigmoid's own slope is gone in the second. The engine agrees:

# %%
print("    z        h    squared: slope    formula    cross-entropy: slope    formula")
for z in [-10.0, -4.0, -1.0, 0.0, 3.0]:
    h = sigmoid(z)
    squared = grad(lambda z: 0.5 * (sigmoid(z) - 1) ** 2)(z)
    cross = grad(lambda z: nn.functional.binary_cross_entropy_with_logits(z, 1.0))(z)
    print(f"{z:5.0f} {h:8.5f} {squared:17.6f} {(h - 1) * h * (1 - h):10.6f} {cross:23.6f} {h - 1:10.6f}")

# %% [markdown]
# Look at the first row. The right answer is 1 and the unit says 0.00005: it could not be more wrong. Squared error
# has no slope there, so nothing is learned; cross-entropy has its largest.

# %%
z = np.linspace(-10, 6, 200)
_, axes = plt.subplots(1, 2, figsize=(9.5, 3.4))
for ax, title, curves in [
    (axes[0], "loss, for t = 1", [0.5 * (sigmoid(z) - 1) ** 2, np.logaddexp(0, -z)]),
    (axes[1], "size of its slope", [(1 - sigmoid(z)) ** 2 * sigmoid(z), 1 - sigmoid(z)]),
]:
    ax.plot(z, curves[0], label="squared error")
    ax.plot(z, curves[1], "--", label="cross-entropy")
    ax.set(title=title, xlabel="score z")
axes[0].legend()
plt.show()

# %% [markdown]
# In a training it looks like this. Two clouds, one logistic unit, and first weights that have nearly everything wrong:

# %%
cloud, sides = nn.data.playground("gauss", 200, noise=0.3, seed=0)
labels = (sides > 0).astype(cloud.dtype)


def shares_right(loss):
    """The share of right answers at each step."""
    unit = nn.Linear(2, 1, rng=0)
    unit.weight.data[:] = [[-1, -1]]
    optimizer = optim.SGD(unit.parameters(), lr=0.1)
    shares = []
    for _ in range(150):
        z = unit(cloud)[:, 0]
        shares.append(np.mean((z.numpy() > 0) == labels))
        optimizer.zero_grad()
        loss(z).backward()
        optimizer.step()
    return shares


curves = {
    "squared error": shares_right(lambda z: 0.5 * nn.MSELoss()(sigmoid(z), labels)),
    "cross-entropy": shares_right(lambda z: nn.BCEWithLogitsLoss()(z, labels)),
}
nn.plot.learning_curves(curves).set(xlabel="step", ylabel="share of right answers")
plt.show()

# %% [markdown]
# ## Where losses come from
#
# A loss is a claim about the world. Say how probable each target is, given what the network says; then the best weights
# are those that make the targets of the training set most probable. Take the logarithm, and a minus: that is the loss.
#
# | the network's answer is | targets are | $-\ln$ of their probability |
# |---|---|---|
# | the mean $y$ of a normal distribution, variance 1 | numbers | $\frac12 (t - y)^2$ + constant |
# | the probability $h$ of a yes (Bernoulli) | 0 or 1 | $-t \ln h - (1 - t) \ln(1 - h)$ |
# | the probabilities $h_k$ of $K$ classes (multinoulli) | one of $K$ | $-\ln h_t$ |
#
# So squared error is right for numbers with normal noise, and cross-entropy for classes. Let us check each row.

# %%
targets, answers = np.array([0.3, -1.2, 2.0]), np.array([0.0, -1.0, 2.5])
density = np.exp(-0.5 * (targets - answers) ** 2) / np.sqrt(2 * np.pi)
constant = 3 * np.log(np.sqrt(2 * np.pi))
minus_log, loss = -np.log(np.prod(density)) - constant, 0.5 * nn.MSELoss(reduction="sum")(answers, targets)
print(f"normal:     {minus_log:.9f} = {loss:.9f}")

yes, chances = np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.2, 0.6])
minus_log, loss = -np.log(0.9 * (1 - 0.2) * 0.6), nn.BCELoss(reduction="sum")(chances, yes)
print(f"Bernoulli:  {minus_log:.9f} = {loss:.9f}")

scores, classes = rng.normal(size=(3, 4)), np.array([2, 0, 3])
h = softmax(scores, axis=1)
minus_log, loss = -np.log(h[0, 2] * h[1, 0] * h[2, 3]), nn.CrossEntropyLoss(reduction="sum")(scores, classes)
print(f"multinoulli {minus_log:.9f} = {loss:.9f}")

# %% [markdown]
# Some slides leave out the $\frac12$ in the exponent of the normal distribution. That is one with variance $\frac12$:
# the loss doubles, and its minimum stays where it is.
#
# ## Softmax
#
# For $K$ classes the network gives $K$ scores, and $h_k = e^{z_k} / \sum_j e^{z_j}$ makes probabilities of them. Each
# depends on all scores: $\partial h_i / \partial z_k = h_i (\delta_{ik} - h_k)$.

# %%
z = np.array([2.0, 1.0, -1.0])
h = softmax(z)
print("h =", h.round(4), " sum", h.sum().round(12))
print("Jacobian by the engine:", *jacobian(softmax)(z).round(4), sep="\n  ")
print("by the formula:        ", *(np.diag(h) - np.outer(h, h)).round(4), sep="\n  ")

# %% [markdown]
# Its rows sum to zero, because nothing changes when all scores grow by the same number. So one score too many is
# learned: infinitely many weights give the same probabilities.

# %%
print("the scores plus 5:", softmax(z + 5).round(4))
print("row sums are zero:", np.allclose(jacobian(softmax)(z).sum(axis=1), 0))

# %% [markdown]
# With two classes only the difference of the two rows of weights is left, and softmax *is* the logistic unit:

# %%
inputs, W = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
print("softmax: ", softmax(inputs @ W.T, axis=1)[:, 0])
print("logistic:", sigmoid(inputs @ (W[0] - W[1])))

# %% [markdown]
# Behind softmax, the cross-entropy of the right class $t$ has the slope $h - t$ again, with $t$ as a row of zeros and a
# one. The graph shows how: a large gradient at one probability comes in, and the Jacobian spreads it over the scores.

# %%
scores = tensor([2.0, 1.0, -1.0], requires_grad=True, name="scores")
loss = -np.log(softmax(scores)[1])
loss.backward()
print("h - t =", (h - [0, 1, 0]).round(4))
draw(loss)

# %% [markdown]
# Probabilities can underflow to 0, and then the logarithm is infinite. `CrossEntropyLoss` takes the scores and does
# both in one, safely. That is why softmax is no layer of its own at the end of a network here.

# %%
extreme = tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
loss = nn.CrossEntropyLoss()(extreme, np.array([1]))
loss.backward()
print("loss", loss.item(), " gradient", extreme.grad)

# %% [markdown]
# ## Many classes
#
# With 100 classes, 99 of 100 targets are zero. Saying "nothing" always is almost right, as far as squared error can
# see. The same network, the same optimizer, three ways to end:

# %%
centres = rng.standard_normal((100, 20))
kinds = np.repeat(np.arange(100), 10)
points = (centres[kinds] + 0.3 * rng.standard_normal((1000, 20))).astype("float32")
one_hot = nn.data.one_hot(kinds, 100).astype("float32")


def squared(answers):
    """Half the squared distance to the one-hot rows, in the mean over the samples."""
    return 0.5 * np.sum((answers - one_hot) ** 2) / len(points)


endings = {
    "softmax, cross-entropy": lambda z: nn.CrossEntropyLoss()(z, kinds),
    "no activation, squared error": squared,
    "sigmoid, squared error": lambda z: squared(sigmoid(z)),
}
curves = {}
for name, loss in endings.items():
    model = nn.MLP([20, 64, 100], rng=0)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    curves[name] = []
    for _ in range(100):
        z = model(points)
        curves[name].append(nn.metrics.accuracy(z, kinds))
        optimizer.zero_grad()
        loss(z).backward()
        optimizer.step()
nn.plot.learning_curves(curves).set(xlabel="step", ylabel="share of right answers", ylim=(0, 1.05))
plt.show()

# %% [markdown]
# Which end for which problem? `nn.recommend` has the table:

# %%
for problem in ["regression", "binary", "multiclass", "multilabel"]:
    advice = nn.recommend(problem)
    print(f"{problem:11} {advice.loss:18} answer: {advice.answer:9} targets: {advice.targets}")

# %% [markdown]
# ## When one class is rare
#
# 130 people are tested; 15 are ill. A classifier finds 10 of them, and alarms 15 of the healthy. Another one says
# "healthy" always.

# %%
ill = np.repeat([1, 0], [15, 115])
test = np.repeat([1, 0, 1, 0], [10, 5, 15, 100])
never = np.zeros(130, int)

_, axes = plt.subplots(1, 2, figsize=(6.4, 3.2))
for ax, answers, title in zip(axes, [test, never], ["test", "never"], strict=True):
    share = nn.plot.confusion_matrix(answers, ill, names=["healthy", "ill"], ax=ax).get_title()
    ax.set_title(f"{title}: {share}")
plt.show()

# %% [markdown]
# The useless one has the better accuracy, 0.885 against 0.846. Accuracy is the wrong question. Better ones:
#
# - *precision*: how many of the alarms are true, TP / (TP + FP);
# - *recall* (sensitivity): how many of the ill are found, TP / (TP + FN);
# - *F1*: both in one number, their harmonic mean. It is also 2 TP / (2 TP + FP + FN), and the square of their geometric
#   mean divided by their arithmetic mean.

# %%
print("        accuracy  precision  recall      F1")
for name, answers in [("test", test), ("never", never)]:
    numbers = [score(answers, ill) for score in (nn.metrics.accuracy, precision, recall, f1)]
    print(f"{name:6} {numbers[0]:9.6f} {numbers[1]:10.4f} {numbers[2]:7.4f} {numbers[3]:7.4f}")

p, r = precision(test, ill), recall(test, ill)
print("F1 three times:", 2 / (1 / p + 1 / r), 2 * 10 / (2 * 10 + 15 + 5), p * r / ((p + r) / 2))

# %% [markdown]
# Most classifiers give a score, and somebody chooses where "ill" begins. A low threshold finds all and alarms many; a
# high one is sure of itself and misses some. The curve of precision by recall shows every choice; the area under it
# is the *average precision*.

# %%
blood = ill + np.random.default_rng(1).normal(0, 0.5, 130)
curve = precision_recall_curve(blood, ill)
_, ax = plt.subplots(figsize=(4.8, 3.6))
ax.plot(curve.recall, curve.precision)
ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
for threshold, mark in [(0.4, "o"), (0.8, "s"), (1.2, "^")]:
    answers = (blood >= threshold).astype(int)
    ax.plot(recall(answers, ill), precision(answers, ill), mark, label=f"threshold {threshold}")
ax.legend(loc="lower left")
ax.set_title(f"average precision {average_precision(blood, ill):.3f}")
plt.show()

# %% [markdown]
# ## Exercises
#
# Put your answers in place of the dots, and run the cell. `check` says whether they are right, or what may have gone
# wrong.
#
# **1.** The normal equations: which line $wx + b$ has the least squared error for the points (0, 1), (1, 1) and (2, 4)?

# %%
w, b = ..., ...

check(
    [w, b],
    np.polyfit([0, 1, 2], [1, 1, 4], 1),
    slips={
        "the column of ones for the bias is missing": [1.8, 0],
        "w and b have changed places": [0.5, 1.5],
        "the line goes through the first and the last point only": [1.5, 1],
    },
    name="Exercise 1",
)

# %% [markdown]
# **2.** A logistic unit $h = \sigma(wx + b)$ with the loss $\frac12 (h - t)^2$: what is the derivative by $w$?


# %%
def slope(x, w, b, t):
    """The derivative of the squared error by w."""
    return ...


check(
    slope,
    grad(lambda x, w, b, t: 0.5 * (sigmoid(w * x + b) - t) ** 2, argnums=1),
    at=(0.0, 0.0, 0.0, 0.0),
    slips={
        "the slope of the sigmoid is missing": lambda x, w, b, t: (sigmoid(w * x + b) - t) * x,
        "the input is missing: this is the derivative by b": grad(
            lambda x, w, b, t: 0.5 * (sigmoid(w * x + b) - t) ** 2, argnums=2
        ),
        "the slope of the sigmoid was taken at its output": lambda x, w, b, t: (
            (sigmoid(w * x + b) - t) * sigmoid(sigmoid(w * x + b)) * (1 - sigmoid(sigmoid(w * x + b))) * x
        ),
    },
    name="Exercise 2",
)

# %% [markdown]
# **3.** Logistic regression on a batch: `X` has shape (N, m), `t` has shape (N,), and the scores are `X @ w + b`.
# What is the gradient of the *mean* cross-entropy by `w`?


# %%
def gradient(X, t, w, b):
    """The gradient of the mean cross-entropy by w."""
    return ...


def expected(X, t, w, b):
    """The same by the engine."""
    return grad(lambda w: np.mean(np.logaddexp(0, X @ w + b) - t * (X @ w + b)))(w)


def with_slope(X, t, w, b):
    """With the factor that cross-entropy does away with."""
    h = sigmoid(X @ w + b)
    return X.T @ ((h - t) * h * (1 - h)) / len(X)


check(
    gradient,
    expected,
    at=lambda rng: (rng.normal(size=(7, 3)), rng.integers(0, 2, 7), rng.normal(size=3), rng.normal()),
    factors={"N": 7},
    slips={"h (1 - h) is still there, as for squared error": with_slope},
    name="Exercise 3",
)

# %% [markdown]
# **4.** Softmax makes the probabilities (0.125, 0.25, 0.625) of some scores. How much does the first probability change
# with the second score, $\partial h_1 / \partial z_2$?

# %%
change = ...

check(
    change,
    jacobian(softmax)(np.log([0.125, 0.25, 0.625]))[0, 1],
    slips={
        "only the first probability was used, h (1 - h)": 0.125 * 0.875,
        "the product is h1 (1 - h2), but there is no 1 where the indices differ": 0.125 * 0.75,
        "the first probability was taken not to depend on the second score": 0,
    },
    name="Exercise 4",
)

# %% [markdown]
# **5.** Of 100 patients 10 are ill. A test alarms 32, among them 8 of the ill. Precision, recall and F1?

# %%
scores = [..., ..., ...]

patients, alarms = np.repeat([1, 0], [10, 90]), np.repeat([1, 0, 1, 0], [8, 2, 24, 66])
check(
    scores,
    [score(alarms, patients) for score in (precision, recall, f1)],
    slips={
        "precision and recall have changed places": [8 / 10, 8 / 32, 16 / 42],
        "F1 was taken as the arithmetic mean, which forgives a bad precision": [8 / 32, 8 / 10, (8 / 32 + 8 / 10) / 2],
        "F1 was taken as the geometric mean": [8 / 32, 8 / 10, np.sqrt(8 / 32 * 8 / 10)],
        "a 2 is missing in F1": [8 / 32, 8 / 10, 8 / 42],
    },
    name="Exercise 5",
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The matrix is ((5, 3), (3, 3)) and the right side (9, 6).
#
# ```python
# w, b = np.linalg.solve([[5, 3], [3, 3]], [9, 6])
# ```
#
# **2** Three factors: of the square, of the sigmoid, of the product.
#
# ```python
# def slope(x, w, b, t):
#     h = sigmoid(w * x + b)
#     return (h - t) * h * (1 - h) * x
# ```
#
# **3** Each sample gives h - t times its inputs; the transposed matrix adds them up.
#
# ```python
# def gradient(X, t, w, b):
#     h = sigmoid(X @ w + b)
#     return X.T @ (h - t) / len(X)
# ```
#
# **4** The indices differ, so only the product is left: a larger second score takes from the first probability.
#
# ```python
# change = -0.125 * 0.25
# ```
#
# **5** TP = 8, FP = 24, FN = 2.
#
# ```python
# scores = [8 / 32, 8 / 10, 16 / (16 + 24 + 2)]
# ```
#
# </details>
