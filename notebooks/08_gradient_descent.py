# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08. Gradient descent
#
# *About 30 minutes, with the exercises.*
#
# The gradient tells us which direction leads downhill, but not how far to go. This notebook is about that second
# question: what the learning rate does, where gradient descent gets stuck, and how noisy the gradients of small batches
# are. The next notebook is about optimizers that improve on it.

# %%
import numpy as np

import nn
import nn.plot
import optim
from autograd import grad, hessian, tensor
from nn.exercises import check, reveal
from nn.functional import sigmoid

# %% [markdown]
# ## One weight, four learning rates
#
# Gradient descent repeats $w \leftarrow w - \eta\, f'(w)$. The derivative of the parabola $f(w) = w^2/2$ is $w$ itself,
# so each step multiplies $w$ by $1 - \eta$. This factor explains everything that happens.
#
# **Predict.** Above which learning rate do the steps lead away from the minimum?

# %%
guess = ...

reveal(guess, exercise="08.a")


# %%
def bowl(w):
    return w**2 / 2


def visited_by(f, start, steps, **settings):
    """The points that gradient descent visits."""
    return np.array(optim.minimize(f, start, "sgd", max_steps=steps, tolerance=0, **settings).xs)


w = np.linspace(-4.4, 4.4, 200)
rates = {"too slow: 0.05": 0.05, "good: 0.5": 0.5, "overshoots: 1.8": 1.8, "diverges: 2.02": 2.02}
for ax, lr in zip(nn.plot.panels(*rates, share=True), rates.values(), strict=True):
    way = visited_by(bowl, -3.5, 12, lr=lr)
    nn.plot.lines({"f(w)": bowl, "steps": (way, bowl(way))}, w, ax=ax, xlabel="w", ylim=(-0.5, 14))

# %% [markdown]
# Try other learning rates. Which is the fastest, and where does the weight begin to jump from side to side?


# %%
def descent(lr, ax):
    """The first 12 steps with a learning rate."""
    way = visited_by(bowl, -3.5, 12, lr=lr)
    title = f"after 12 steps, w = {way[-1]:.3g}"
    nn.plot.lines({"f(w)": bowl, "steps": (way, bowl(way))}, w, ax=ax, xlabel="w", ylim=(-0.5, 11), title=title)


nn.plot.frames(descent, [0.05, *np.arange(0.1, 2.05, 0.1), 2.02], name="learning rate", start=5)

# %% [markdown]
# With $\eta = 1$ the factor is 0, so a single step reaches the minimum. Above 1, every step jumps over the minimum.
# Above 2, the steps lead away from it.
#
# In general, the second derivative $f''$, the curvature, sets the scale: gradient descent is stable for
# $\eta < 2 / f''$, and $\eta = 1/f''$ is Newton's step. A network has many curvatures at once. The largest one limits
# the learning rate, and the smallest one limits the speed.

# %% [markdown]
# ## Trapped
#
# This function has two valleys, and we start on the slope of the worse one. A small learning rate leads to the bottom
# of that valley and stays there. A large one happens to land beyond the top of the hill. With momentum, every step
# keeps a part of the one before (notebook 09 explains it), so the weight rolls over the hill like a ball.


# %%
def valleys(w):
    return 0.05 * w**4 - 0.6 * w**2 + 0.6 * w


runs = {
    "rate 0.05: trapped": {"lr": 0.05},
    "rate 0.5: jumps out": {"lr": 0.5},
    "rate 0.05, momentum 0.9": {"lr": 0.05, "momentum": 0.9},
}
for ax, settings in zip(nn.plot.panels(*runs, share=True), runs.values(), strict=True):
    way = visited_by(valleys, 3.8, 19, **settings)
    nn.plot.lines({"f(w)": valleys, "steps": (way, valleys(way))}, w, ax=ax, xlabel="w", ylim=(-4, 7))

# %% [markdown]
# ## Flat points
#
# The gradient is also zero at places that are not minima. The Hessian, the matrix of second derivatives, tells them
# apart. If all its eigenvalues are positive, the point is a minimum; if all are negative, a maximum. With both signs it
# is a *saddle point*: downhill in one direction and uphill in another. The last function below is the loss of a network
# of two weights in a row that should output 1 for the input 1.
#
# **Predict.** Both of these weights are 0. Is this point a `"minimum"`, a `"maximum"`, or a `"saddle point"`?

# %%
guess = ...

reveal(guess, exercise="08.b")

# %%
surfaces = {
    "x^2 + y^2": lambda p: p[0] ** 2 + p[1] ** 2,
    "-x^2 - y^2": lambda p: -(p[0] ** 2) - p[1] ** 2,
    "x y": lambda p: p[0] * p[1],
    "(x y - 1)^2 / 2": lambda p: (p[0] * p[1] - 1) ** 2 / 2,
}
for name, f in surfaces.items():
    eigenvalues = np.linalg.eigvalsh(hessian(f)(np.zeros(2)))
    kind = "saddle point" if eigenvalues[0] < 0 < eigenvalues[1] else "minimum" if eigenvalues[0] > 0 else "maximum"
    print(f"{name:16} gradient {grad(f)(np.zeros(2)) + 0}, eigenvalues {eigenvalues.round(6)}: {kind}")

# %% [markdown]
# ## Batches: fewer samples, more noise
#
# A loss is a mean over samples, and so is its gradient. The gradient of a random batch is an estimate of it: correct on
# average, but noisy. Here 200 points lie along a line, and we look at the gradient of $\frac12(wx + b - t)^2$ at
# $w = b = 0$.

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=200)
t = 1.5 * x + 0.5 + rng.normal(0, 0.5, 200)


def loss(p, x, t):
    """Half the mean squared error of a line with slope p[0] and intercept p[1]."""
    return np.mean((p[0] * x + p[1] - t) ** 2) / 2


slope = grad(loss)
start = np.zeros(2)
sizes = [1, 4, 16, 64, 256]
estimates = {}
for size in sizes:
    batches = rng.integers(0, 200, (400, size))
    estimates[size] = np.array([slope(start, x[batch], t[batch]) for batch in batches])

# %% [markdown]
# **Predict.** A batch of 64 samples is four times as large as one of 16. By which factor is the standard deviation of
# its gradient smaller?

# %%
guess = ...

measured = {size: np.sqrt(estimates[size].var(axis=0).sum()) for size in sizes}
reveal(guess, measured[16] / measured[64], exercise="08.c")

# %% [markdown]
# Four times as many samples halve the noise: the standard deviation falls as $1/\sqrt{B}$. But they also cost four
# times as much. This is why small batches pay off.

# %%
clouds = {f"batches of {size}": tuple(estimates[size][:50].T) for size in [1, 16, 256]}
clouds["all samples"] = tuple(slope(start, x, t)[:, None])
alone = np.array([slope(start, x[i : i + 1], t[i : i + 1]) for i in range(200)])
spread = {"measured": list(measured.values()), r"one sample / $\sqrt{B}$": np.sqrt(alone.var(axis=0).sum() / sizes)}
left, right = nn.plot.panels("50 estimates each", "standard deviation of the gradient")
nn.plot.lines(clouds, dots=clouds, ax=left, xlabel="gradient of w", ylabel="gradient of b")
ax = nn.plot.lines(spread, sizes, log="xy", ax=right, xlabel="batch size B", xticks=sizes)

# %% [markdown]
# The next picture shows the same noise along the path of gradient descent, with $w$ across and $b$ upwards. All three
# runs take 40 steps with a learning rate of 0.15. With all samples, the path is smooth. With single samples it wanders
# and never settles, so single samples need a much smaller learning rate.


# %%
def path(size, lr, steps=40):
    """The path of stochastic gradient descent. The samples are shuffled before every epoch."""
    p = tensor([-0.8, -0.9], requires_grad=True)
    optimizer = optim.SGD([p], lr=lr)
    batches = nn.data.Loader((x, t), size, shuffle=True, seed=2)
    way = [p.numpy().copy()]
    while len(way) <= steps:
        for inputs, targets in batches:
            optimizer.zero_grad()
            loss(p, inputs, targets).backward()
            optimizer.step()
            way.append(p.numpy().copy())
    return np.array(way[: steps + 1])


def surface(w, b):
    return np.mean((w[..., None] * x + b[..., None] - t) ** 2, axis=-1) / 2


ways = {"all samples": path(200, 0.15), "batches of 10": path(10, 0.15), "single samples": path(1, 0.15)}
ax = nn.plot.loss_surface(surface, (-1, 2.5), (-1.2, 1.4), trajectories=ways, resolution=25, levels=10)

# %% [markdown]
# Some texts *add up* the gradients of a batch, others average them. The sum is $B$ times the mean, so its learning rate
# has to be $B$ times smaller for the same steps. The losses in this library let you choose with `reduction="mean"` or
# `reduction="sum"`.

# %% [markdown]
# In the extreme case, every update sees a single sample. One lecture shows four samples of three numbers that a network
# learns *one at a time, in random order*:

# %%
rows, classes = nn.data.four_rows()
small = nn.MLP([3, 4, 1], "sigmoid", rng=1)
optimizer = optim.SGD(small.parameters(), lr=0.5)
for _ in range(60):
    for row, label in nn.data.Loader((rows, classes), 1, shuffle=True, seed=0):
        optimizer.zero_grad()
        nn.BCEWithLogitsLoss()(small(row)[:, 0], label).backward()
        optimizer.step()
for row, label, score in zip(rows, classes, small(rows).numpy()[:, 0], strict=True):
    print(f"{row} class {label:.0f}: probability of class 1 is {sigmoid(score):.2f}")

# %% [markdown]
# Batches have another advantage: the data need not fit into memory. A `Loader` also reads from a generator, or from a
# `.npy` file that `nn.data.npy` maps. This stream of 1,000 samples never holds more than one batch:

# %%
made, taken, most = 0, 0, 0


def stream():
    """One sample after another."""
    global made
    for number in range(1000):
        made += 1
        yield np.full(3, float(number))


for batch in nn.data.Loader(stream, 50):
    most = max(most, made - taken)
    taken += len(batch)
print(f"{taken} samples read, at most {most} of them in memory at once")

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("08.1")` gives a hint for exercise 1, and `nn.exercises.hint("08.1", 2)` a
# stronger one.
#
# **1.** Let $f(w) = 3w^2$. Below which learning rate does gradient descent come closer to the minimum at every step?

# %%
rate = ...

check(rate, exercise="08.1")

# %% [markdown]
# **2.** With batches of 4, the standard deviation of a gradient is 0.6. What is it with batches of 36?

# %%
deviation = ...

check(deviation, exercise="08.2")

# %% [markdown]
# **3.** A program averages the loss over batches of 20 and uses a learning rate of 0.5. Someone changes the mean to a
# sum. With which learning rate do the steps stay the same?

# %%
rate_for_the_sum = ...

check(rate_for_the_sum, exercise="08.3")

# %% [markdown]
# **4.** A ravine, flat along $x$ and steep along $y$: $f(x, y) = \frac12 (x^2 + 25 y^2)$. Gradient descent starts at
# (1, 1). Find a learning rate with which both coordinates are within 0.001 of the minimum after 100 steps.

# %%
rate = ...

check(rate, exercise="08.4")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The second derivative is 6, so a step multiplies $w$ by $1 - 6\eta$. This factor is above $-1$ for $\eta < 1/3$.
#
# ```python
# rate = 2 / 6
# ```
#
# **2** Nine times as many samples divide the standard deviation by $\sqrt 9$.
#
# ```python
# deviation = 0.6 / np.sqrt(36 / 4)
# ```
#
# **3** The sum and its gradient are 20 times as large as the mean.
#
# ```python
# rate_for_the_sum = 0.5 / 20
# ```
#
# **4** The factors $1 - \eta$ and $1 - 25 \eta$ are equally large in absolute value at $\eta = 2 / (1 + 25)$.
#
# ```python
# rate = 2 / 26
# ```
#
# </details>
