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
# # 09. Depth
#
# A deep network is a long product: on the way back, the gradient meets one weight and one slope after the other.
# Products of many factors vanish or explode unless the factors are close to 1. This notebook measures them, and shows
# what keeps them there: activations, first weights, normalisation.

# %%
import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, hessian, tensor
from nn.exercises import check

# %% [markdown]
# ## A chain of single units
#
# Three sigmoid units, one after the other, each with the weight 1. The picture shows values and gradients: forward the
# number hardly changes, backward it is less than a quarter of itself after every unit.

# %%
x = tensor(0.5, requires_grad=True, name="x")
y = x
for _ in range(3):
    y = y.sigmoid()
y.backward()
draw(y)

# %% [markdown]
# The derivative through the chain is a product of weights and slopes, $\prod_k w_k f'(z_k)$. The slope of the sigmoid
# is $s(1-s)$, at most 1/4. That of tanh is at most 1, and smaller wherever the unit is not at 0. That of ReLU is
# exactly 1 or 0.

# %%
functions = {"sigmoid": lambda z: z.sigmoid(), "tanh": np.tanh, "ReLU": lambda z: z.relu()}
figure, ax = plt.subplots(figsize=(5.8, 3.4))
for (name, function), mark in zip(functions.items(), ["o-", "s--", "^-."], strict=True):
    x = tensor(0.5, requires_grad=True)
    y, through = x, []
    for _ in range(20):
        y = function(1.0 * y)
        through.append(y.gradient(x, retain_graph=True)[0].item())
    ax.semilogy(range(1, 21), through, mark, markersize=4, label=name)
ax.semilogy(range(1, 21), 0.25 ** np.arange(1, 21), ":", color="0.5", label=r"$(1/4)^{depth}$")
ax.set(xlabel="units in the chain, all weights 1", ylabel="derivative of the last by the first", xticks=range(0, 21, 4))
ax.legend()
plt.show()

# %% [markdown]
# Large weights do not help a sigmoid much: they push it to where it is flat. At $z$ the unit multiplies the gradient by
# $w\,s(z)(1 - s(z))$, and $z$ grows with $w$:

# %%
for w in [1.0, 2.0, 4.0, 8.0, 16.0]:
    x = tensor(0.5, requires_grad=True)
    y = x
    for _ in range(10):
        y = (w * y).sigmoid()
    print(f"weight {w:4}: the derivative through ten units is {y.gradient(x)[0].item():.1e}")

# %% [markdown]
# ## Layer by layer
#
# Now real layers: ten hidden layers of 64 units, on the handwritten digits, before any training. `nn.gradient_flow`
# measures the norm of the gradient at the output of each layer. Next to it, it predicts by which factor the norm
# changes from layer to layer, from nothing but the size of the weights and the mean slope.

# %%
x, labels = nn.data.digits()
x = nn.data.Standardize(x)(x)[:512]
labels = labels[:512]


def network(activation, start, depth=10, width=64):
    """Hidden layers of one width, whose weights `start` has filled; biases are 0."""
    model = nn.MLP([64, *[width] * depth, 10], activation, rng=0)
    rng = np.random.default_rng(0)
    for layer in model:
        if isinstance(layer, nn.Linear):
            start(layer.weight, rng)
            nn.init.zeros_(layer.bias)
    return model


def xavier(w, rng):
    nn.init.xavier_normal_(w, rng=rng)


def msra(w, rng):
    nn.init.kaiming_normal_(w, nonlinearity="relu", rng=rng)


flows = {
    name: nn.gradient_flow(network(name, start), nn.CrossEntropyLoss(), (x, labels))
    for name, start in [("sigmoid", xavier), ("tanh", xavier), ("relu", msra)]
}
print(flows["sigmoid"])

# %% [markdown]
# *factor* and *predicted* agree. The sigmoid loses three quarters at every layer; after ten layers, a millionth is
# left. The weights near the input would learn a million times more slowly than those near the output.

# %%
figure, ax = plt.subplots(figsize=(6.4, 3.6))
for (name, flow), mark in zip(flows.items(), ["o-", "s--", "^-."], strict=True):
    ax.semilogy(range(1, 12), [row.delta for row in flow], mark, markersize=5, label=name)
ax.set(xlabel="layer", ylabel="norm of the gradient at its output", xticks=range(1, 12))
ax.legend()
plt.show()

# %% [markdown]
# ## First weights
#
# A unit adds up $n$ inputs: $z = \sum_i w_i x_i$. If weights and inputs are independent, with mean 0, then
#
# $$\mathrm{Var}(z) = n\,\mathrm{Var}(w)\,\mathrm{E}[x^2].$$
#
# To keep the size of the signal, $n\,\mathrm{Var}(w)$ should be 1: the weights have the standard deviation
# $1/\sqrt{n}$ (Xavier; the paper takes the mean of inputs and outputs for $n$, so as to serve both directions). ReLU
# sets half of the inputs to 0, so MSRA doubles the variance: $\sqrt{2/n}$. A slide has $2/\sqrt{n}$, which is $\sqrt2$
# too much at every layer.
#
# Six tanh layers of 256 units, with three ways to start. What comes out of each layer?


# %%
class TanhLayer(nn.Linear):
    """A layer and its activation in one module."""

    def forward(self, x):
        return np.tanh(super().forward(x))


def tanh_layers(std, n=256, depth=6):
    model = nn.Sequential(*[TanhLayer(n, n, bias=False) for _ in range(depth)])
    rng = np.random.default_rng(0)
    for layer in model:
        nn.init.normal_(layer.weight, std=std, rng=rng)
    return model


noise = np.random.default_rng(1).normal(size=(200, 256)).astype("float32")
starts = {"std 0.01": 0.01, "std $1/\\sqrt{n}$ = 0.0625": 1 / 16, "std 0.2": 0.2}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.3))
for ax, (name, std) in zip(axes, starts.items(), strict=True):
    nn.plot.activation_histograms(tanh_layers(std), noise, bins=20, ax=ax).set_title(name)
plt.show()

# %% [markdown]
# On the left, the signal dies out: every layer leaves a sixth of it. On the right, the units are saturated, almost all
# at -1 or 1, where tanh is flat. In the middle the signal shrinks slowly.
#
# And on the way back? On the left the gradient dies out as well. In the middle it stays. On the right it grows: most
# slopes are almost 0, but the few units that are not saturated hand it on with large weights. Such a network jumps.

# %%
print("norm of the gradient at layer      1         2         3         4         5         6")
for std in starts.values():
    flow = nn.gradient_flow(tanh_layers(std), nn.MSELoss(reduction="sum"), (noise, 0 * noise + 1))
    print(f"std {std:<24}", "  ".join(f"{row.delta:8.1e}" for row in flow))

# %% [markdown]
# For ReLU the factor $\sqrt2$ decides. The mean square of the activations through 30 layers of 256 units:

# %%
figure, ax = plt.subplots(figsize=(5.8, 3.4))
stds = {r"$1/\sqrt{n}$": 1 / 16, r"$\sqrt{2/n}$ (MSRA)": np.sqrt(2) / 16, r"$2/\sqrt{n}$ (the slip)": 2 / 16}
for (name, std), dash in zip(stds.items(), ["-", "--", "-."], strict=True):
    rng = np.random.default_rng(0)
    h, squares = noise, []
    for _ in range(30):
        h = np.maximum(h @ rng.normal(0, std, (256, 256)), 0)
        squares.append(np.mean(h**2))
    ax.semilogy(range(1, 31), squares, dash, label=name)
ax.set(xlabel="layer", ylabel="mean square of the activations")
ax.legend()
plt.show()

# %% [markdown]
# One start is never right: equal weights. Units that start alike get equal gradients and stay alike for ever. Here are
# three hidden units after 200 steps of training, a row each. The library says so, too:

# %%
points, classes = nn.data.moons(100, noise=0.1, seed=0)
twins = nn.MLP([2, 3, 2], "tanh", rng=0)
nn.init.constant_(twins[0].weight, 0.5)
nn.init.constant_(twins[2].weight, 0.5)
nn.init.zeros_(twins[0].bias)
optimizer = optim.SGD(twins.parameters(), lr=0.5)
with warnings.catch_warnings(record=True) as caught:
    for _ in range(200):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(twins(points), classes).backward()
        optimizer.step()
print(twins[0].weight.numpy().round(4))
print(textwrap.fill(f"{caught[0].category.__name__}: {caught[0].message}", 110))

# %% [markdown]
# ## Batch normalisation
#
# Why only *start* with the right sizes? A batch norm layer enforces them at every step. For each unit it takes mean
# $\mu$ and variance $\sigma^2$ over the batch, and returns
#
# $$\gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad
# \sigma^2 = \frac1m \sum_i (x_i - \mu)^2,$$
#
# with $\gamma$ and $\beta$ to be learned. A slide prints the variance as $\frac1m\sum_i x_i^2$, without the mean. For
# units whose mean is not 0, that is another number:

# %%
batch = np.random.default_rng(0).normal(5, 1, (1000, 1)).astype("float32")
centred = nn.BatchNorm1d(1)(batch).numpy()
uncentred = (batch - batch.mean()) / np.sqrt(np.mean(batch**2))
print(f"spread of the result: centred {centred.std():.3f}, uncentred {uncentred.std():.3f}")

# %% [markdown]
# When a network is used, there may be no batch. So the layer keeps moving means of what it has seen, and `eval()`
# switches to them. The convention here is PyTorch's: *new* = 0.9 *old* + 0.1 *batch*, with `momentum=0.1`, and the
# running variance is the unbiased one.

# %%
layer = nn.BatchNorm1d(1)
rng = np.random.default_rng(0)
for step in range(31):
    if step in (0, 1, 2, 10, 30):
        print(
            f"after {step:2} batches: running mean {layer.running_mean.item():6.3f}, "
            f"variance {layer.running_var.item():6.3f}"
        )
    layer(rng.normal(5, 2, (100, 1)).astype("float32"))
layer.eval()
print("one sample of 9, which is two deviations above the mean:", layer(np.float32([[9]])).item())

# %% [markdown]
# Does it help? Ten hidden layers of sigmoids, plain descent. And where does the layer belong, before or after the
# activation? The paper puts it before; many put it after; so we try both.


# %%
def deep(activation, norm=None, depth=10, width=32):
    """Hidden layers with batch norm before or after each activation, or without."""
    rng, layers, n = np.random.default_rng(0), [], 64
    for _ in range(depth):
        parts = [nn.Linear(n, width, rng=rng), activation()]
        nn.init.xavier_normal_(parts[0].weight, gain=2**0.5 if activation is nn.ReLU else 1.0, rng=rng)
        if norm is not None:
            parts.insert(1 if norm == "before" else 2, nn.BatchNorm1d(width))
        layers, n = layers + parts, width
    return nn.Sequential(*layers, nn.Linear(n, 10, rng=rng))


x, labels = nn.data.digits()
x = nn.data.Standardize(x)(x)[:1200]
labels = labels[:1200]
curves = {}
for name, model in {
    "sigmoid": deep(nn.Sigmoid),
    "tanh": deep(nn.Tanh),
    "ReLU": deep(nn.ReLU),
    "sigmoid, norm before": deep(nn.Sigmoid, "before"),
    "sigmoid, norm after": deep(nn.Sigmoid, "after"),
    "ReLU, norm before": deep(nn.ReLU, "before"),
    "ReLU, norm after": deep(nn.ReLU, "after"),
}.items():
    curves[name] = nn.fit(
        model,
        (x, labels),
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda p: optim.SGD(p, lr=0.1),
        batch_size=64,
        epochs=7,
        seed=0,
        show=False,
    )["loss"]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.5), sharey=True)
without = {name: curve for name, curve in curves.items() if "," not in name}
nn.plot.learning_curves(without, ax=axes[0]).set(ylabel="cross-entropy, training", title="without normalisation")
others = {name: curve for name, curve in curves.items() if "," in name}
nn.plot.learning_curves(others, ax=axes[1]).set_title("with batch norm")
plt.show()

# %% [markdown]
# Without normalisation, the sigmoids learn nothing: $\ln 10 = 2.3$ is the loss of guessing. With it they learn, in both
# places. Which place is better depends on the activation and the task; here you see how little or how much.
#
# *Why* does it help? The paper spoke of "internal covariate shift", inputs of layers that move while the layers before
# them learn. Santurkar and others (2018) added such shifts on purpose, and it still helped: in their measurements it
# makes the loss smoother. What we can measure ourselves is the flow:

# %%
figure, ax = plt.subplots(figsize=(6.4, 3.4))
for (name, norm), mark in zip(
    {"sigmoid": None, "norm before": "before", "norm after": "after"}.items(), ["o-", "s--", "^-."], strict=True
):
    flow = nn.gradient_flow(deep(nn.Sigmoid, norm), nn.CrossEntropyLoss(), (x[:256], labels[:256]))
    ax.semilogy([row.delta for row in flow if row.kind == "Linear"], mark, markersize=5, label=name)
ax.set(xlabel="layer", ylabel="norm of the gradient at its output", xticks=range(11), xticklabels=range(1, 12))
ax.legend()
plt.show()

# %% [markdown]
# ## Other normalisations
#
# Batch norm takes its numbers over the batch, for every unit: each *column* gets mean 0. Layer norm takes them over
# the units, for every sample: each *row* gets mean 0, and no batch is needed. RMS norm only divides each row by its
# root mean square.

# %%
table = np.float32([[1, 2, 3], [2, 4, 9], [3, 0, 6], [6, 2, 6]])
nn.plot.matrices(
    {
        "x": table,
        "BatchNorm1d": nn.BatchNorm1d(3)(table).numpy().round(2),
        "LayerNorm": nn.LayerNorm(3)(table).numpy().round(2),
        "RMSNorm": nn.RMSNorm(3)(table).numpy().round(2),
    }
)
plt.show()

# %% [markdown]
# ## It begins with the inputs
#
# Two inputs, one of them eight times as large as the other: the loss becomes a ravine, and descent zigzags. After
# standardising (mean 0, standard deviation 1) it is a bowl. Both ways have 25 steps.

# %%
rng = np.random.default_rng(0)
inputs = rng.normal(size=(100, 2))
targets = inputs @ [1.0, 1.0]


def surface_of(a):
    """The mean squared error of a linear unit, as a function of its two weights."""
    return lambda w: np.mean((a[:, 0] * w[0] + a[:, 1] * w[1] - targets) ** 2) / 2


figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.5))
for ax, scales, lr, title in zip(
    axes, [[1, 8], [1, 1]], [0.028, 0.9], ["inputs 1 and 8 wide", "both standardised"], strict=True
):
    a = nn.data.Standardize(inputs)(inputs) * scales
    f = surface_of(a)
    way = optim.minimize(f, np.array([-1.0, 0.6]), "sgd", lr=lr, max_steps=25).xs
    nn.plot.loss_surface(
        lambda u, v, a=a: np.mean((a[:, 0] * u[..., None] + a[:, 1] * v[..., None] - targets) ** 2, axis=-1) / 2,
        (-1.5, 2.5),
        (-1, 2.5) if scales[1] == 1 else (-0.6, 0.8),
        trajectories={"25 steps": way},
        resolution=25,
        levels=9,
        ax=ax,
    )
    ax.set(title=title, xlabel="weight of the first input", ylabel="weight of the second")
    ax.get_legend().remove()
plt.show()

# %% [markdown]
# A lecture has inputs of ±0.001 and ±100. The curvatures of its loss then differ by ten orders of magnitude:

# %%
for name, a in {"as they are": inputs * [0.001, 100], "standardised": nn.data.Standardize(inputs)(inputs)}.items():
    curvature = hessian(surface_of(a))(np.zeros(2))
    print(f"{name:13} steepest against flattest direction: {np.linalg.cond(curvature):.3g}")

# %% [markdown]
# ## Exercises
#
# Put your answers in place of the dots, and run the cell. `check` says whether they are right, or what may have gone
# wrong.
#
# **1.** Five sigmoid units in a chain, all weights 2. What is the largest that the derivative of the last by the first
# can be?

# %%
largest = ...

check(
    largest,
    1 / 32,
    slips={
        "the weights are missing": 0.25**5,
        "the slopes are missing": 32,
        "the largest slope of tanh was taken; the sigmoid has 1/4": 2,
        "the factors were added in place of multiplied": 2.5,
        "this is the factor of one unit": 0.5,
    },
    name="Exercise 1",
)

# %% [markdown]
# **2.** With which standard deviation do you draw the weights of a ReLU layer with 200 inputs?

# %%
std = ...

check(
    std,
    0.1,
    slips={
        "the root is over the inputs only, as on the slide": 2 / np.sqrt(200),
        "this is the one for tanh: ReLU loses half of the signal": 1 / np.sqrt(200),
        "this is the variance": 2 / 200,
    },
    name="Exercise 2",
)

# %% [markdown]
# **3.** A unit adds up 100 inputs of variance 1, with independent weights of standard deviation 0.01 and mean 0. What
# is the standard deviation of the sum?

# %%
spread = ...

check(
    spread,
    0.1,
    slips={
        "the deviations were added: it is the variances that add up": 1,
        "this is the variance": 0.01,
        "this is the variance of one product": 0.0001,
    },
    name="Exercise 3",
)

# %% [markdown]
# **4.** Write batch normalisation of `x`, of shape (samples, units), as it is in training.


# %%
def batch_norm(x, gamma, beta, eps):
    """Each unit with mean 0 and variance 1 over the batch, then times gamma plus beta."""
    return ...


check(
    batch_norm,
    lambda x, gamma, beta, eps: gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta,
    at=lambda rng: (rng.normal(3, 2, (6, 4)), rng.normal(size=4), rng.normal(size=4), 0.1),
    slips={
        "the variance is not centred": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=0)) / np.sqrt((x**2).mean(axis=0) + eps) + beta
        ),
        "the variance is the unbiased one, divided by m - 1": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta
        ),
        "mean and variance are over the units: that is layer norm": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps) + beta
        ),
        "mean and variance are those of all numbers together": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta
        ),
        "eps stands outside the root": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + eps) + beta
        ),
        "gamma and beta are missing": lambda x, gamma, beta, eps: (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps),
        "the root is missing": lambda x, gamma, beta, eps: gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + eps) + beta,
    },
    name="Exercise 4",
)

# %% [markdown]
# **5.** A batch norm layer with `momentum=0.1` starts with the running mean 0 and sees two batches, with means 4 and 8.
# What is its running mean then?

# %%
running_mean = ...

check(
    running_mean,
    1.16,
    slips={
        "the 0.1 is the share of the batch, not of the past": 7.56,
        "this is the mean of both batches": 6,
        "the past did not fade": 1.2,
        "only the last batch counts": 0.8,
        "only the first batch counts": 0.4,
    },
    name="Exercise 5",
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Each unit multiplies by at most $2 \cdot \frac14$.
#
# ```python
# largest = (2 * 0.25) ** 5
# ```
#
# **2** The variance is 2 divided by the number of inputs.
#
# ```python
# std = np.sqrt(2 / 200)
# ```
#
# **3** The variance of the sum is $100 \cdot 0.01^2$.
#
# ```python
# spread = np.sqrt(100 * 0.01**2)
# ```
#
# **4** The variance is centred and divided by the number of samples, and eps is inside the root.
#
# ```python
# def batch_norm(x, gamma, beta, eps):
#     mean = x.mean(axis=0)
#     variance = np.mean((x - mean) ** 2, axis=0)
#     return gamma * (x - mean) / np.sqrt(variance + eps) + beta
# ```
#
# **5** 0.9 of the old mean and 0.1 of the batch, twice.
#
# ```python
# running_mean = 0.9 * (0.9 * 0 + 0.1 * 4) + 0.1 * 8
# ```
#
# </details>
