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
# # 11. Depth
#
# *About 45 minutes, with the exercises.*
#
# A deep network is a long product: on its way back, the gradient is multiplied by weights and derivatives in one layer
# after another. A product of many factors vanishes or explodes unless the factors are close to 1. This notebook
# measures the factors and shows what keeps them close to 1: activations, initial weights and normalization.

# %%
import textwrap
import warnings

import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, hessian, tensor
from nn.exercises import check, reveal

# %% [markdown]
# ## A chain of single units
#
# Here are three sigmoid units in a chain, each with the weight 1. The picture shows values and gradients. In the
# forward pass the value hardly changes, but in the backward pass every unit leaves less than a quarter of the gradient.

# %%
x = tensor(0.5, requires_grad=True, name="x")
y = x
for _ in range(3):
    y = y.sigmoid()
y.backward()
draw(y)

# %% [markdown]
# The derivative through the chain is a product of weights and derivatives, $\prod_k w_k f'(z_k)$. The derivative of the
# sigmoid is $s(1-s)$, which is at most 1/4. That of tanh is at most 1, and less than 1 everywhere except at 0. That of
# ReLU is exactly 1 or 0.
#
# **Predict.** Ten sigmoid units in a chain, all weights 1: which power of ten comes closest to the derivative of the
# last output with respect to the input? Answer with the exponent, such as -1 for 0.1.

# %%
guess = ...

x = tensor(0.5, requires_grad=True)
y = x
for _ in range(10):
    y = y.sigmoid()
reveal(guess, round(np.log10(y.gradient(x)[0].item())), exercise="11.a")

# %%
functions = {"sigmoid": lambda z: z.sigmoid(), "tanh": np.tanh, "ReLU": lambda z: z.relu()}
through = {name: [] for name in functions}
for name, function in functions.items():
    y = x = tensor(0.5, requires_grad=True)
    for _ in range(20):
        y = function(1.0 * y)
        through[name].append(y.gradient(x, retain_graph=True)[0].item())
count = np.arange(1, 21)
through["$(1/4)^n$"] = 0.25**count
ax = nn.plot.lines(through, count, log="y", xlabel="number n of units", ylabel="derivative", xticks=range(0, 21, 5))

# %% [markdown]
# Large weights do not help a sigmoid much, because they push it to where it is flat. At $z$, a unit multiplies the
# gradient by $w\,s(z)(1 - s(z))$, but $z$ grows with $w$:

# %%
for w in [1.0, 2.0, 4.0, 8.0, 16.0]:
    x = tensor(0.5, requires_grad=True)
    y = x
    for _ in range(10):
        y = (w * y).sigmoid()
    print(f"weight {w:4}: the derivative through ten units is {y.gradient(x)[0].item():.1e}")

# %% [markdown]
# ## More activations
#
# The lectures name eight more functions. *Identity* is for the last layer of a regression. *Arctan* and *softsign*
# level off like tanh, but more slowly. *Leaky ReLU*, *PReLU* and *RReLU* keep a small slope on the left: a fixed one, a
# learned one, and one that is random during training. *ELU* and *softplus* are smooth relatives of ReLU, and the
# derivative of softplus is the sigmoid.

# %%
more = [nn.Identity(), nn.Arctan(), nn.Softsign(), nn.LeakyReLU(0.05), nn.PReLU(dtype=float), nn.RReLU().eval()]
more += [nn.ELU(), nn.Softplus()]
z = np.linspace(-3, 3, 40)
values, slopes = {}, {}
for function in more:
    x = tensor(z, requires_grad=True)
    y = function(x)
    y.sum().backward()
    name = type(function).__name__
    values[name], slopes[name] = y, x.grad
left, right = nn.plot.panels("value", "derivative", height=4.4)
nn.plot.lines(values, z, ax=left, xlabel="z")
nn.plot.lines(slopes, z, ax=right, xlabel="z").get_legend().remove()  # the colors are those on the left

# %% [markdown]
# The small slope on the left is there for a reason. A single step with too large a learning rate can push a ReLU unit
# so far down that its sum is negative for every sample. Its gradient is then zero: the unit is *dead*, and no later
# step can revive it. A leaky unit recovers. Both units below start at $w = b = 1$, should learn $y = x$ on $[0, 1]$,
# and take one step with a learning rate of 2, followed by 300 steps with 0.2.

# %%
line = np.linspace(0, 1, 20)[:, None]
for activation in [nn.ReLU(), nn.LeakyReLU(0.1)]:
    unit = nn.Sequential(nn.Linear(1, 1, dtype=float), activation)
    for p in unit.parameters():
        nn.init.constant_(p, 1.0)
    optimizer = optim.SGD(unit.parameters(), lr=2.0)
    for step in range(301):
        optimizer.zero_grad()
        error = nn.MSELoss()(unit(line), line)
        error.backward()
        optimizer.step()
        optimizer.param_groups[0]["lr"] = 0.2
        if step == 0:
            negative = int((unit[0](line).numpy() < 0).sum())
    name = type(activation).__name__
    print(f"{name:9} negative sums after the large step: {negative} of 20, error at the end: {error.item():.4f}")

# %% [markdown]
# ## Layer by layer
#
# Now for real layers: ten hidden layers of 64 units, applied to handwritten digits before any training.
# `nn.gradient_flow` measures the norm of the gradient at the output of each layer. It also predicts the factor by which
# the norm changes from layer to layer, using only the size of the weights and the mean derivative of the activation.

# %%
x, labels = nn.data.digits()
x = nn.data.Standardize(x)(x)[:512]
labels = labels[:512]


def network(activation, start, depth=10, width=64):
    """Hidden layers of equal width, with weights filled by `start` and biases of 0."""
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
# The columns *factor* and *predicted* agree. With the sigmoid, three quarters of the gradient are lost at every layer,
# so only about a millionth is left after ten layers. The weights near the input would learn a million times more slowly
# than those near the output.

# %%
norms = {name: [row.delta for row in flow] for name, flow in flows.items()}
ax = nn.plot.lines(norms, range(1, 12), log="y", xlabel="layer", ylabel="norm of the gradient at its output")

# %% [markdown]
# ## Initial weights
#
# A unit adds up $n$ inputs: $z = \sum_i w_i x_i$. If weights and inputs are independent and the weights have mean 0,
# then
#
# $$\mathrm{Var}(z) = n\,\mathrm{Var}(w)\,\mathrm{E}[x^2].$$
#
# To preserve the size of the signal, $n\,\mathrm{Var}(w)$ should be 1, so the weights need the standard deviation
# $1/\sqrt{n}$. This is Xavier initialization. (In the paper, $n$ is the average of the numbers of inputs and outputs,
# as a compromise between the two directions.) ReLU sets half of its inputs to 0, so MSRA initialization doubles the
# variance: $\sqrt{2/n}$. One slide has $2/\sqrt{n}$ instead, which is too large by a factor of $\sqrt2$ at every layer.
#
# Here are six tanh layers of 256 units, initialized in three ways. What is the distribution of the outputs of each
# layer?


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
for ax, std in zip(nn.plot.panels(*starts), starts.values(), strict=True):
    nn.plot.activation_histograms(tanh_layers(std), noise, bins=20, ax=ax)

# %% [markdown]
# Move the standard deviation of the weights. For which value do outputs *and* gradients keep their size?


# %%
def sizes(std, ax):
    """The size of the outputs of each layer, and of the gradients there, as fractions of the largest one."""
    h, outputs = noise, []
    for layer in (model := tanh_layers(std)):
        h = layer(h).numpy()
        outputs.append(np.sqrt(np.mean(h**2)))
    gradients = [row.delta for row in nn.gradient_flow(model, nn.MSELoss(reduction="sum"), (noise, 0 * noise + 1))]
    curves = {"outputs": np.array(outputs) / max(outputs), "gradients": np.array(gradients) / max(gradients)}
    ax.set_ylim(1e-5, 2)
    nn.plot.lines(curves, range(1, 7), log="y", ax=ax, xlabel="layer", ylabel="size, largest = 1")


stds = [0.01, 0.02, 0.03, 0.04, 0.05, 0.0625, 0.08, 0.1, 0.2, 0.3]
nn.plot.frames(sizes, stds, name="standard deviation", start=5)

# %% [markdown]
# On the left, the signal dies out: every layer leaves a sixth of it. On the right, the units are saturated: almost all
# outputs are close to -1 or 1, where tanh is flat. In the middle, the signal shrinks slowly.
#
# What about the backward pass? On the left, the gradient dies out as well. In the middle, it keeps its size. On the
# right, it grows: most derivatives are close to 0, but the few units that are not saturated pass the gradient on
# through large weights. The output of such a network changes abruptly.

# %%
print("norm of the gradient at layer      1         2         3         4         5         6")
for std in starts.values():
    flow = nn.gradient_flow(tanh_layers(std), nn.MSELoss(reduction="sum"), (noise, 0 * noise + 1))
    print(f"std {std:<24}", "  ".join(f"{row.delta:8.1e}" for row in flow))

# %% [markdown]
# For ReLU, the factor $\sqrt2$ decides between success and failure.
#
# **Predict.** With $\sqrt{2/n}$, the mean square of the activations stays the same from layer to layer. By which factor
# does it grow at every layer with the slide's $2/\sqrt{n}$?

# %%
guess = ...

reveal(guess, exercise="11.b")

# %% [markdown]
# The next plot shows the mean square of the activations through 30 layers of 256 units:

# %%
stds = {r"$1/\sqrt{n}$": 1 / 16, r"$\sqrt{2/n}$ (MSRA)": np.sqrt(2) / 16, r"$2/\sqrt{n}$ (the slide)": 2 / 16}
squares = {name: [] for name in stds}
for name, std in stds.items():
    h, rng = noise, np.random.default_rng(0)
    for _ in range(30):
        h = np.maximum(h @ rng.normal(0, std, (256, 256)), 0)
        squares[name].append(np.mean(h**2))
ax = nn.plot.lines(squares, range(1, 31), log="y", xlabel="layer", ylabel="mean square of the activations")

# %% [markdown]
# **Predict.** Three hidden units start with equal weights. After 200 steps of training, how many *different* units are
# there?

# %%
guess = ...

reveal(guess, exercise="11.c")

# %% [markdown]
# One initialization is always wrong: equal weights. Units that start out equal get equal gradients, so they stay equal
# forever. Below are the weights of three hidden units after 200 steps of training, one unit per row. The library warns
# about this:

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
# ## Batch normalization
#
# Why set the right scale only at the *start*? A batch norm layer enforces it at every step. For each unit it computes
# the mean $\mu$ and the variance $\sigma^2$ over the batch, and returns
#
# $$\gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad
# \sigma^2 = \frac1m \sum_i (x_i - \mu)^2,$$
#
# where $\gamma$ and $\beta$ are learned. One slide gives the variance as $\frac1m\sum_i x_i^2$, without subtracting the
# mean. For units whose mean is not 0, the result is different:

# %%
batch = np.random.default_rng(0).normal(5, 1, (1000, 1)).astype("float32")
centred = nn.BatchNorm1d(1)(batch).numpy()
uncentred = (batch - batch.mean()) / np.sqrt(np.mean(batch**2))
print(f"standard deviation of the result: centred {centred.std():.3f}, uncentred {uncentred.std():.3f}")

# %% [markdown]
# When a trained network is used, there may be no batch. The layer therefore keeps moving averages of the statistics it
# has seen, and `eval()` switches to them. We follow PyTorch's convention: *new* = 0.9 *old* + 0.1 *batch* with
# `momentum=0.1`, and the running variance is the unbiased estimate.

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
print("a sample of 9, two standard deviations above the mean:", layer(np.float32([[9]])).item())

# %% [markdown]
# Does it help? We train networks with ten hidden layers by plain gradient descent. And should the layer go before or
# after the activation? The paper puts it before, and many others put it after, so we try both.


# %%
def deep(activation, norm=None, depth=10, width=32):
    """Hidden layers with batch norm before or after each activation, or without batch norm."""
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
without = {name: curve for name, curve in curves.items() if "," not in name}
others = {name: curve for name, curve in curves.items() if "," in name}
left, right = nn.plot.panels("training loss without normalization", "with batch norm", share=True)
nn.plot.learning_curves(without, ax=left)
right.set(ylim=(0, 3.4))  # room for the legend
ax = nn.plot.learning_curves(others, ax=right)

# %% [markdown]
# Without normalization, the sigmoid network learns nothing: $\ln 10 = 2.3$ is the loss of random guessing. With batch
# norm it learns, in either position. Which position is better depends on the activation and the task; these curves show
# how large the difference is here.
#
# *Why* does it help? The paper explained the effect by "internal covariate shift": the inputs of a layer keep changing
# while the layers before it learn. Santurkar and others (2018) added such shifts on purpose, and batch norm still
# helped. According to their measurements, it makes the loss smoother. What we can measure ourselves is the gradient
# flow:

# %%
norms = {}
for name, norm in {"sigmoid": None, "norm before": "before", "norm after": "after"}.items():
    flow = nn.gradient_flow(deep(nn.Sigmoid, norm), nn.CrossEntropyLoss(), (x[:256], labels[:256]))
    norms[name] = [row.delta for row in flow if row.kind == "Linear"]
ax = nn.plot.lines(norms, range(1, 12), log="y", xlabel="layer", ylabel="norm of the gradient at its output")

# %% [markdown]
# ## Other kinds of normalization
#
# Batch norm computes its statistics over the batch, for every unit: each *column* gets mean 0. Layer norm computes them
# over the units, for every sample: each *row* gets mean 0, so no batch is needed. RMS norm only divides each row by its
# root mean square.

# %%
table = np.float32([[1, 2, 3], [2, 4, 9], [3, 0, 6], [6, 2, 6]])
ax = nn.plot.matrices(
    {
        "x": table,
        "BatchNorm1d": nn.BatchNorm1d(3)(table).numpy().round(2),
        "LayerNorm": nn.LayerNorm(3)(table).numpy().round(2),
        "RMSNorm": nn.RMSNorm(3)(table).numpy().round(2),
    }
)

# %% [markdown]
# ## It starts with the inputs
#
# If one of two inputs is eight times as large as the other, the loss becomes a ravine, and gradient descent zigzags
# through it. If the inputs are standardized (mean 0, standard deviation 1), the loss is a round bowl. Both runs take 25
# steps.

# %%
rng = np.random.default_rng(0)
inputs = rng.normal(size=(100, 2))
targets = inputs @ [1.0, 1.0]


def surface_of(a):
    """The mean squared error of a linear unit, as a function of its two weights."""
    return lambda w: np.mean((a[:, 0] * w[0] + a[:, 1] * w[1] - targets) ** 2) / 2


panels = nn.plot.panels("inputs of scale 1 and 8", "both standardized", height=3.5)
for ax, scale, lr, ys in zip(panels, [8, 1], [0.028, 0.9], [(-0.6, 0.8), (-1, 2.5)], strict=True):
    f = surface_of(nn.data.Standardize(inputs)(inputs) * [1, scale])
    found = optim.minimize(f, np.array([-1.0, 0.6]), "sgd", lr=lr, max_steps=25)
    nn.plot.loss_surface(f, (-1.5, 2.5), ys, trajectories={"25 steps": found}, resolution=25, levels=9, ax=ax)

# %% [markdown]
# A lecture uses inputs of ±0.001 and ±100. The curvatures of that loss differ by ten orders of magnitude:

# %%
for name, a in {"as given": inputs * [0.001, 100], "standardized": nn.data.Standardize(inputs)(inputs)}.items():
    curvature = hessian(surface_of(a))(np.zeros(2))
    print(f"{name:12} ratio of the largest curvature to the smallest: {np.linalg.cond(curvature):.3g}")

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("11.1")` gives a hint for exercise 1, and `nn.exercises.hint("11.1", 2)` a
# stronger one.
#
# **1.** Five sigmoid units form a chain, and all weights are 2. How large can the derivative of the last output with
# respect to the first input be at most?

# %%
largest = ...

check(largest, exercise="11.1")

# %% [markdown]
# **2.** Which standard deviation should the initial weights of a ReLU layer with 200 inputs have?

# %%
std = ...

check(std, exercise="11.2")

# %% [markdown]
# **3.** A unit adds up 100 inputs of variance 1. Its weights are independent, with mean 0 and standard deviation 0.01.
# What is the standard deviation of the sum?

# %%
spread = ...

check(spread, exercise="11.3")

# %% [markdown]
# **4.** Write batch normalization in training mode for `x` of shape (samples, units).


# %%
def batch_norm(x, gamma, beta, eps):
    """Normalize each unit over the batch, then multiply by gamma and add beta."""
    return ...


check(batch_norm, exercise="11.4")

# %% [markdown]
# **5.** A batch norm layer with `momentum=0.1` starts with a running mean of 0 and sees two batches. Their means are 4
# and 8. What is its running mean afterwards?

# %%
running_mean = ...

check(running_mean, exercise="11.5")

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
# **4** The variance is centred and divided by the number of samples, and eps is inside the square root.
#
# ```python
# def batch_norm(x, gamma, beta, eps):
#     mean = x.mean(axis=0)
#     variance = np.mean((x - mean) ** 2, axis=0)
#     return gamma * (x - mean) / np.sqrt(variance + eps) + beta
# ```
#
# **5** Take 0.9 of the old mean plus 0.1 of the batch mean, twice.
#
# ```python
# running_mean = 0.9 * (0.9 * 0 + 0.1 * 4) + 0.1 * 8
# ```
#
# </details>
