# %% [markdown]
# # 06. Regression and classification
#
# *About 45 minutes, with the exercises.*
#
# A regression predicts a number, a classification one of several classes. The end of a network decides what it can be
# used for: the function that turns scores into answers, and the loss. This notebook shows where the usual pairs come
# from, and what goes wrong with other pairs.

# %%
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, grad, jacobian, tensor
from nn.exercises import check, reveal
from nn.functional import sigmoid, softmax
from nn.metrics import average_precision, f1, precision, precision_recall_curve, recall

# %% [markdown]
# ## A straight line, found in two ways
#
# Linear regression looks for the $w$ and $b$ that minimize $E = \frac{1}{2N} \sum_n (w^\top x_n + b - t_n)^2$. The
# gradient of $E$ is zero where
#
# $$A^\top A \begin{pmatrix} w \\ b \end{pmatrix} = A^\top t.$$
#
# These are the *normal equations*. The rows of $A$ are the samples, each with a 1 appended for the bias.

# %%
rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, (30, 1))
t = 0.5 + 0.7 * x[:, 0] - 1.2 * x[:, 0] ** 2 + 0.1 * rng.standard_normal(30)

A = np.hstack([x, np.ones((30, 1))])
w, b = np.linalg.solve(A.T @ A, A.T @ t)
print(f"normal equations: w = {w:.6f}, b = {b:.6f}")

# %% [markdown]
# A network that consists of one linear layer, trained with squared error, reaches the same solution step by step.


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
# *Linear* means linear in the weights. If $A$ has a column for each power of $x$, the same equations fit a parabola.
# (Notebook 10 asks how many powers to use.)

# %%
P = np.hstack([x**2, x, np.ones((30, 1))])
parabola = np.linalg.solve(P.T @ P, P.T @ t)
print("parabola:", parabola.round(3), " numpy.polyfit:", np.polyfit(x[:, 0], t, 2).round(3))

grid = np.linspace(-1, 1, 100)
curves = {"line": w * grid + b, "parabola": np.polyval(parabola, grid), "samples": (x, t)}
ax = nn.plot.lines(curves, grid, dots=["samples"], xlabel="x", ylabel="t")

# %% [markdown]
# With several outputs, there is one column of targets and one row of $W$ for each of them. The outputs do not influence
# each other: each one is a regression of its own.

# %%
targets = np.stack([t, t**2, np.sin(3 * x[:, 0])], axis=1)
solution = np.linalg.solve(A.T @ A, A.T @ targets)
several = descend(nn.Linear(1, 3, rng=0, dtype=float), targets)
print("normal equations: W =", solution[0].round(6), " b =", solution[1].round(6))
print("trained:          W =", several.weight.numpy()[:, 0].round(6), " b =", several.bias.numpy().round(6))

# %% [markdown]
# ## A regression as a classifier
#
# For two classes, we can call the targets 0 and 1, fit a line, and answer 1 where the line is above one half.
#
# **Predict.** Such a line separates two groups of points at $x = 3.8$. Now 8 more samples of the right group are added,
# far out at $x = 24$. They are all on the right side. Does the boundary move `"left"`, move `"right"`, or `"stay"`?

# %%
guess = ...

reveal(guess, exercise="06.a")

# %% [markdown]
# A line often works well, but it has a weakness: the loss also punishes answers that are *too right*. A few samples far
# out on the right side flatten the line, and the decision boundary moves to the right, into the wrong class.
#
# The logistic function $h = 1/(1 + e^{-z})$ of the score $z = wx + b$ does not have this problem, because it levels
# off. It equals one half where $z = 0$, so the predicted class depends only on the sign of the score. It has no normal
# equations; `optim.minimize` finds $w$ and $b$ step by step.

# %%
rng = np.random.default_rng(15)
near = np.concatenate([rng.normal(2, 0.8, 12), rng.normal(5.5, 0.8, 12)])
far = rng.normal(24, 2, 8)
sets = {
    "without distant samples": (near, np.repeat([0.0, 1.0], 12)),
    "with distant samples": (np.concatenate([near, far]), np.repeat([0.0, 1.0], [12, 20])),
}


def fit_line(x, t):
    """Slope and intercept with the least squared error."""
    A = np.stack([x, np.ones_like(x)], axis=1)
    return np.linalg.solve(A.T @ A, A.T @ t)


def fit_logistic(x, t):
    """Slope and intercept with the least cross-entropy, plus a small penalty on the slope."""

    def loss(w):
        return nn.functional.binary_cross_entropy_with_logits(w[0] * x + w[1], t) + 1e-3 * w[0] ** 2

    return optim.minimize(loss, np.zeros(2), method="LBFGS").x


# %%
wide = np.linspace(-1, 28, 300)
for ax, (title, (x1, t1)) in zip(nn.plot.panels(*sets, share=True), sets.items(), strict=True):
    line_w, line_b = fit_line(x1, t1)
    curve_w, curve_b = fit_logistic(x1, t1)
    curves = {
        f"line: boundary at {(0.5 - line_b) / line_w:.2f}": line_w * wide + line_b,
        f"logistic: boundary at {-curve_b / curve_w:.2f}": sigmoid(curve_w * wide + curve_b),
        "samples": (x1, t1),
    }
    nn.plot.lines(curves, wide, dots=["samples"], ax=ax, xlabel="x", ylim=(-0.3, 2.2))
    by_line, by_curve = line_w * x1 + line_b > 0.5, curve_w * x1 + curve_b > 0
    print(f"{title}: misclassified by the line {np.sum(by_line != t1)}, by the curve {np.sum(by_curve != t1)}")

# %% [markdown]
# ## Which loss for a logistic unit?
#
# A logistic unit outputs $h$ when the correct answer is $t$. Two losses come to mind, with these derivatives with
# respect to the score $z$:
#
# | | loss | derivative with respect to $z$ |
# |---|---|---|
# | squared error | $\frac12 (h - t)^2$ | $(h - t)\,h\,(1 - h)$ |
# | cross-entropy | $-t \ln h - (1 - t) \ln (1 - h)$ | $h - t$ |
#
# With cross-entropy, the factor $h(1 - h)$, the derivative of the sigmoid, cancels. The engine agrees:

# %%
print("    z        h   squared error: engine    formula   cross-entropy: engine    formula")
for z in [-10.0, -4.0, -1.0, 0.0, 3.0]:
    h = sigmoid(z)
    squared = grad(lambda z: 0.5 * (sigmoid(z) - 1) ** 2)(z)
    cross = grad(lambda z: nn.functional.binary_cross_entropy_with_logits(z, 1.0))(z)
    print(f"{z:5.0f} {h:8.5f} {squared:23.6f} {(h - 1) * h * (1 - h):10.6f} {cross:23.6f} {h - 1:10.6f}")

# %% [markdown]
# Look at the first row. The correct answer is 1 and the unit outputs 0.00005, so it could hardly be more wrong. Yet the
# squared error is almost flat there, so the unit learns nothing. The cross-entropy is steep there.

# %%
z = np.linspace(-10, 6, 200)
h = sigmoid(z)
left, right = nn.plot.panels("loss for t = 1", "absolute value of the derivative")
nn.plot.lines({"squared error": 0.5 * (h - 1) ** 2, "cross-entropy": -np.log(h)}, z, ax=left, xlabel="score z")
slopes = {"squared error": (1 - h) ** 2 * h, "cross-entropy": 1 - h}
ax = nn.plot.lines(slopes, z, ax=right, xlabel="score z")

# %% [markdown]
# Here is what this means for training. We have two clouds of points, one logistic unit, and initial weights that
# misclassify almost every point:

# %%
cloud, sides = nn.data.playground("gauss", 200, noise=0.3, seed=0)
labels = (sides > 0).astype(cloud.dtype)


def accuracies(loss):
    """The accuracy at each step."""
    unit = nn.Linear(2, 1, rng=0)
    unit.weight.data[:] = [[-1, -1]]
    optimizer = optim.SGD(unit.parameters(), lr=0.1)
    found = []
    for _ in range(150):
        z = unit(cloud)[:, 0]
        found.append(np.mean((z.numpy() > 0) == labels))
        optimizer.zero_grad()
        loss(z).backward()
        optimizer.step()
    return found


curves = {
    "squared error": accuracies(lambda z: 0.5 * nn.MSELoss()(sigmoid(z), labels)),
    "cross-entropy": accuracies(lambda z: nn.BCEWithLogitsLoss()(z, labels)),
}
ax = nn.plot.lines(curves, range(150), xlabel="step", ylabel="accuracy")

# %% [markdown]
# ## Where losses come from
#
# A loss expresses an assumption about the data. Suppose we know how probable each target is, given the output of the
# network. The best weights are then those that make the targets in the training set most probable. The loss is minus
# the logarithm of that probability.
#
# | output of the network | targets | $-\ln$ of their probability |
# |---|---|---|
# | the mean $y$ of a normal distribution with variance 1 | numbers | $\frac12 (t - y)^2$ + constant |
# | the probability $h$ of a yes (Bernoulli) | 0 or 1 | $-t \ln h - (1 - t) \ln(1 - h)$ |
# | the probabilities $h_k$ of $K$ classes (multinoulli) | one of $K$ classes | $-\ln h_t$ |
#
# So squared error is the right loss for numbers with normally distributed noise, and cross-entropy is the right loss
# for classes. Let us check each row.

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
# Some slides leave out the $\frac12$ in the exponent of the normal distribution. They then describe a normal
# distribution with variance $\frac12$: the loss doubles, but its minimum stays in the same place.
#
# ## Softmax
#
# For $K$ classes, the network outputs $K$ scores. Softmax turns them into probabilities:
# $h_k = e^{z_k} / \sum_j e^{z_j}$. Each probability depends on all scores:
# $\partial h_i / \partial z_k = h_i (\delta_{ik} - h_k)$.

# %%
z = np.array([2.0, 1.0, -1.0])
h = softmax(z)
print("h =", h.round(4), " sum", h.sum().round(12))
print("Jacobian from the engine:", *jacobian(softmax)(z).round(4), sep="\n  ")
print("from the formula:        ", *(np.diag(h) - np.outer(h, h)).round(4), sep="\n  ")

# %% [markdown]
# **Predict.** Add 5 to all three scores. By how much does the first probability change?

# %%
guess = ...

reveal(guess, np.round(softmax(z + 5)[0] - softmax(z)[0], 12), exercise="06.b")

# %% [markdown]
# The rows of the Jacobian sum to zero, because adding the same number to all scores does not change the probabilities.
# The network therefore learns one score too many, and infinitely many sets of weights give the same probabilities.

# %%
print("the scores plus 5:", softmax(z + 5).round(4))
print("row sums are zero:", np.allclose(jacobian(softmax)(z).sum(axis=1), 0))

# %% [markdown]
# With two classes, only the difference between the two rows of weights matters, and softmax *is* the logistic unit:

# %%
inputs, W = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
print("softmax: ", softmax(inputs @ W.T, axis=1)[:, 0])
print("logistic:", sigmoid(inputs @ (W[0] - W[1])))

# %% [markdown]
# After softmax, the cross-entropy of the correct class $t$ again has the derivative $h - t$, where $t$ is written as a
# one-hot vector. The graph shows how this comes about: a large gradient arrives at a single probability, and the
# Jacobian of softmax distributes it over all scores.

# %%
scores = tensor([2.0, 1.0, -1.0], requires_grad=True, name="scores")
loss = -np.log(softmax(scores)[1])
loss.backward()
print("h - t =", (h - [0, 1, 0]).round(4))
draw(loss)

# %% [markdown]
# A probability can underflow to 0, and its logarithm is then minus infinity. `CrossEntropyLoss` takes the scores and
# computes softmax and logarithm together, which is safe. This is why networks in this library do not end in a softmax
# layer.

# %%
extreme = tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
loss = nn.CrossEntropyLoss()(extreme, np.array([1]))
loss.backward()
print("loss", loss.item(), " gradient", extreme.grad)

# %% [markdown]
# ## Many classes
#
# With 100 classes, 99 of 100 targets are zero. To squared error, a network that always outputs zeros looks almost
# right. Here are the same network and the same optimizer with three combinations of output activation and loss:

# %%
centres = rng.standard_normal((100, 20))
kinds = np.repeat(np.arange(100), 10)
points = (centres[kinds] + 0.3 * rng.standard_normal((1000, 20))).astype("float32")
one_hot = nn.data.one_hot(kinds, 100).astype("float32")


def squared(answers):
    """Half the squared distance to the one-hot targets, averaged over the samples."""
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
ax = nn.plot.lines(curves, range(100), xlabel="step", ylabel="accuracy")

# %% [markdown]
# Which combination suits which problem? `nn.recommend` knows:

# %%
for problem in ["regression", "binary", "multiclass", "multilabel"]:
    advice = nn.recommend(problem)
    print(f"{problem:11} {advice.loss:18} answer: {advice.answer:9} targets: {advice.targets}")

# %% [markdown]
# ## Three questions about the last layer
#
# **Can a ReLU be the output?** Not with cross-entropy: its output can exceed 1, so it is not a probability. With
# squared error and targets that are never negative it can, unless the score starts below 0. Then the gradient is 0, and
# the unit never learns. Here are the gradients of $\frac12 (\mathrm{relu}(z) - 2)^2$ at $z = 1$ and at $z = -1$:

# %%
slope = grad(lambda z: 0.5 * (np.maximum(z, 0) - 2) ** 2)
print("at 1:", slope(1.0), " at -1:", slope(-1.0))
try:
    nn.BCELoss()(np.array([3.0]), np.array([1.0]))
except nn.PredictionError as error:
    print("cross-entropy:", error)

# %% [markdown]
# **Into how many layers can the end of a network be split?** Squared error after a logistic unit consists of three
# layers: the linear map, the activation and the loss. So does softmax with cross-entropy.
#
# **Should softmax and cross-entropy be split?** No. Try scores of 0 and 1000 where the first class is correct: the loss
# should be 1000, and its gradient (-1, 1). The formula of softmax overflows, because $e^{1000}$ is larger than any
# number that NumPy can store. Our `softmax` subtracts the largest score first, but then rounds the probability of the
# correct class to 0. Either way, the loss is infinite and the gradient is NaN. `LogSoftmax` followed by `NLLLoss` is
# safe, because it never computes the probability itself, and `CrossEntropyLoss` does the same in one step.

# %%
wild, first_class = np.array([0.0, 1000.0]), np.array(0)
endings = {
    "formula": lambda z: -np.log((np.exp(z) / np.sum(np.exp(z)))[0]),
    "softmax, then log": lambda z: -np.log(softmax(z)[0]),
    "LogSoftmax, NLLLoss": lambda z: nn.NLLLoss()(nn.LogSoftmax()(z), first_class),
    "CrossEntropyLoss": lambda z: nn.CrossEntropyLoss()(z, first_class),
}
with np.errstate(all="ignore"):
    for name, ending in endings.items():
        print(f"{name:20} loss {ending(wild):6.0f}   gradient {grad(ending)(wild)}")

# %% [markdown]
# ## When one class is rare
#
# 130 people are tested for a disease that 15 of them have. One classifier finds 10 of the 15, and raises a false alarm
# for 15 of the healthy. Another classifier always says "healthy".
#
# **Predict.** Which share of its answers is correct, if a classifier always says "healthy"?

# %%
guess = ...

ill = np.repeat([1, 0], [15, 115])
test = np.repeat([1, 0, 1, 0], [10, 5, 15, 100])
never = np.zeros(130, int)
reveal(guess, nn.metrics.accuracy(never, ill), exercise="06.c")

# %%
for ax, answers in zip(nn.plot.panels("test:", "never:"), [test, never], strict=True):
    nn.plot.confusion_matrix(answers, ill, names=["healthy", "ill"], ax=ax)

# %% [markdown]
# The useless classifier has the better accuracy: 0.885 against 0.846. Accuracy is the wrong measure here. These are
# better:
#
# - *precision*: the share of alarms that are correct, TP / (TP + FP);
# - *recall* (sensitivity): the share of ill people who are found, TP / (TP + FN);
# - *F1*: the harmonic mean of precision and recall. It equals 2 TP / (2 TP + FP + FN). It also equals the square of
#   their geometric mean divided by their arithmetic mean.

# %%
print("        accuracy  precision  recall      F1")
for name, answers in [("test", test), ("never", never)]:
    numbers = [score(answers, ill) for score in (nn.metrics.accuracy, precision, recall, f1)]
    print(f"{name:6} {numbers[0]:9.6f} {numbers[1]:10.4f} {numbers[2]:7.4f} {numbers[3]:7.4f}")

p, r = precision(test, ill), recall(test, ill)
print("F1 from three formulas:", 2 / (1 / p + 1 / r), 2 * 10 / (2 * 10 + 15 + 5), p * r / ((p + r) / 2))

# %% [markdown]
# Most classifiers output a score, and somebody has to choose the threshold above which "ill" is reported. Move it: what
# do you gain, and what do you lose?

# %%
blood = ill + np.random.default_rng(1).normal(0, 0.5, 130)
edges = np.linspace(-1.2, 2.4, 19)
counts = {name: np.histogram(blood[ill == n], edges)[0] for n, name in enumerate(["healthy", "ill"])}


def reported(threshold, ax):
    """The scores of the ill and of the healthy, and what a threshold reports."""
    answers = (blood >= threshold).astype(int)
    title = f"finds {recall(answers, ill):.0%} of the ill; {precision(answers, ill):.0%} of its alarms are right"
    curves = counts | {"threshold": ([threshold, threshold], [0, 25])}
    nn.plot.lines(curves, edges[:-1] + 0.1, ax=ax, xlabel="score", ylabel="people", title=title)


nn.plot.frames(reported, np.linspace(-0.4, 1.6, 21), name="threshold", start=10)

# %% [markdown]
# A low threshold finds all cases but raises many false alarms. A high threshold raises few false alarms but misses some
# cases. The precision-recall curve shows what every threshold would give. The area under it is the *average precision*.

# %%
curve = precision_recall_curve(blood, ill)
points = {"every threshold": (curve.recall, curve.precision)}
for threshold in [0.4, 0.8, 1.2]:
    answers = (blood >= threshold).astype(int)
    points[f"threshold {threshold}"] = [recall(answers, ill)], [precision(answers, ill)]
title = f"average precision {average_precision(blood, ill):.3f}"
ax = nn.plot.lines(points, dots=[*points][1:], xlabel="recall", ylabel="precision", title=title, ylim=(0, 1.05))

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("06.1")` gives a hint for exercise 1, and `nn.exercises.hint("06.1", 2)` a
# stronger one.
#
# **1.** Use the normal equations: which line $wx + b$ has the least squared error for the points (0, 1), (1, 1) and (2,
# 4)?

# %%
w, b = ..., ...

check([w, b], exercise="06.1")

# %% [markdown]
# **2.** A logistic unit $h = \sigma(wx + b)$ is trained with the loss $\frac12 (h - t)^2$. What is the derivative of
# the loss with respect to $w$?


# %%
def slope(x, w, b, t):
    """The derivative of the squared error with respect to w."""
    return ...


check(slope, exercise="06.2")

# %% [markdown]
# **3.** Logistic regression on a batch: `X` has the shape (N, m), `t` has the shape (N,), and the scores are
# `X @ w + b`. What is the gradient of the *mean* cross-entropy with respect to `w`?


# %%
def gradient(X, t, w, b):
    """The gradient of the mean cross-entropy with respect to w."""
    return ...


check(gradient, exercise="06.3")

# %% [markdown]
# **4.** Softmax turns some scores into the probabilities (0.125, 0.25, 0.625). What is the derivative of the first
# probability with respect to the second score, $\partial h_1 / \partial z_2$?

# %%
change = ...

check(change, exercise="06.4")

# %% [markdown]
# **5.** Of 100 patients, 10 are ill. A test raises 32 alarms, 8 of them for patients who are ill. What are its
# precision, recall and F1?

# %%
scores = [..., ..., ...]

check(scores, exercise="06.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The matrix is ((5, 3), (3, 3)) and the right-hand side is (9, 6).
#
# ```python
# w, b = np.linalg.solve([[5, 3], [3, 3]], [9, 6])
# ```
#
# **2** There are three factors: the derivatives of the square, of the sigmoid and of the product.
#
# ```python
# def slope(x, w, b, t):
#     h = sigmoid(w * x + b)
#     return (h - t) * h * (1 - h) * x
# ```
#
# **3** Each sample contributes h - t times its inputs. The product with the transposed matrix adds these contributions
# up.
#
# ```python
# def gradient(X, t, w, b):
#     h = sigmoid(X @ w + b)
#     return X.T @ (h - t) / len(X)
# ```
#
# **4** The indices differ, so only the product remains. A larger second score lowers the first probability.
#
# ```python
# change = -0.125 * 0.25
# ```
#
# **5** TP = 8, FP = 24 and FN = 2.
#
# ```python
# scores = [8 / 32, 8 / 10, 16 / (16 + 24 + 2)]
# ```
#
# </details>
