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
# # 09. Optimizers
#
# *About 40 minutes, with the exercises.*
#
# Gradient descent has one learning rate for all weights and all steps. This notebook shows where that is not enough,
# and what optimizers do about it: momentum, a learning rate for every weight, and schedules.

# %%
from functools import partial

import numpy as np

import nn
import nn.plot
import optim
from autograd import grad, hessian, tensor
from nn.exercises import check, reveal

# %% [markdown]
# ## The ravine
#
# Rosenbrock's function $(1-x)^2 + 100\,(y-x^2)^2$ has a curved valley with steep walls and an almost flat floor. The
# usual starting point is $(-1.2, 1)$, and the minimum is at $(1, 1)$.


# %%
def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


corner = np.array([-1.2, 1.0])
curvature = hessian(rosenbrock)(np.ones(2))
print("at the start: value", round(rosenbrock(corner), 6), "gradient", grad(rosenbrock)(corner).round(6))
print("curvature at the minimum:", curvature.round(6).tolist())
print("ratio of the largest curvature to the smallest:", round(np.linalg.cond(curvature)))

# %% [markdown]
# The curvature in one direction is 2508 times that in the other. The steep direction does not allow a learning rate
# above roughly $2/1000$, and at that rate the flat direction takes thousands of steps.
#
# **Momentum** remembers past gradients: it keeps a velocity $v \leftarrow \mu v - \eta g$ and moves by $v$. Across the
# valley, the gradients change sign and cancel. Along the valley, they add up.
#
# **Predict.** If the gradient stays the same for a long time and $\mu = 0.9$, the velocity grows towards a limit. How
# many times as large as a single step $\eta g$ is this limit?

# %%
guess = ...

reveal(guess, exercise="09.a")

# %% [markdown]
# The limit is a geometric series: $1 + \mu + \mu^2 + \dots = 1/(1-\mu)$ single steps, which is ten. The picture shows
# every fourth of the first 300 points.

# %%
ways = {
    "plain": optim.minimize(rosenbrock, corner, "sgd", lr=0.001, max_steps=300).xs,
    "momentum 0.9": optim.minimize(rosenbrock, corner, "sgd", lr=0.001, momentum=0.9, max_steps=300).xs,
}
ax = nn.plot.loss_surface(
    lambda x, y: rosenbrock((x, y)),
    (-1.6, 1.6),
    (-0.5, 1.6),
    trajectories={k: way[::4] for k, way in ways.items()},
    resolution=40,
    levels=10,
)
ax.set_rasterization_zorder(1.5)  # the contours are stored as pixels, which makes the file smaller

# %% [markdown]
# How much momentum is good here? The learning rate is 0.001 in all pictures, and the path has 150 steps.


# %%
def with_momentum(mu, ax):
    """The path in the ravine with some momentum."""
    way = optim.minimize(rosenbrock, corner, "sgd", lr=0.001, momentum=mu, max_steps=150).xs
    limits = {"xs": (-1.6, 1.6), "ys": (-0.5, 1.6), "resolution": 40, "levels": 10}
    nn.plot.loss_surface(lambda x, y: rosenbrock((x, y)), **limits, ax=ax)
    ax.plot(*way[::5].T, ".-", color=nn.plot.COLOURS[1])
    ax.set(title=f"value {rosenbrock(way[-1]):.2g} after 150 steps", xlabel="x", ylabel="y")


nn.plot.frames(with_momentum, [0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98], name="momentum")

# %% [markdown]
# How many steps does each method need until the value is below $10^{-6}$? We chose a good learning rate for each of
# them in a few trials. So the result shows what the methods can do in *this* valley, and says little about networks.
# (Plain gradient descent, the last one, needs 15,068 steps.)

# %%
methods = [
    ("newton", {}),
    ("lbfgs", {}),
    ("adam", {"lr": 0.3}),
    ("adamw", {"lr": 0.3, "weight_decay": 0.0}),
    ("rmsprop", {"lr": 0.001, "momentum": 0.9}),
    ("lion", {"lr": optim.exponential(0.05, 0.995)}),
    ("sgd", {"lr": 0.001, "momentum": 0.9}),
    ("sgd", {"lr": 0.001, "momentum": 0.9, "nesterov": True}),
    ("nadam", {"lr": 0.01}),
    ("adadelta", {"lr": optim.exponential(1.0, 0.999), "rho": 0.95, "eps": 1e-4}),
    ("adagrad", {"lr": 0.5}),
    ("sgd", {"lr": 0.001}),
]
for method, settings in methods:
    found = optim.minimize(rosenbrock, corner, method, target=1e-6, max_steps=8000, **settings)
    words = ", ".join(f"{name}={value}" for name, value in settings.items())
    print(f"{found.steps if found.converged else '> 8000':>6}  {method:9} {words}")

# %% [markdown]
# ## Momentum in three conventions
#
# Books and libraries define momentum in different ways, so the same values of "learning rate" and "momentum" do not
# always mean the same thing:
#
# | `momentum_style` | velocity | weights |
# |---|---|---|
# | `"pytorch"` | $v \leftarrow \mu v + g$ | $w \leftarrow w - \eta v$ |
# | `"classical"` | $v \leftarrow \mu v - \eta g$ | $w \leftarrow w + v$ |
# | `"ema"` (exponential moving average) | $v \leftarrow \mu v + (1-\mu) g$ | $w \leftarrow w - \eta v$ |
#
# If the learning rate is constant, the first two follow the same path. The moving average follows it too if its
# learning rate is $1/(1-\mu)$ times as large.


# %%
def ellipse(p):
    return (p[0] ** 2 + 10 * p[1] ** 2) / 2


print("step  " + "".join(f"{style:>20}" for style in ["pytorch 0.05", "classical 0.05", "ema 0.05", "ema 0.5"]))
ways = [
    optim.minimize(ellipse, np.array([1.0, 1.0]), "sgd", lr=lr, momentum=0.9, momentum_style=style, max_steps=4).xs
    for style, lr in [("pytorch", 0.05), ("classical", 0.05), ("ema", 0.05), ("ema", 0.5)]
]
for step in range(5):
    print(f"{step:4}  " + "".join(f"{np.array2string(way[step], precision=4):>20}" for way in ways))

# %% [markdown]
# **Nesterov's** idea: if momentum will carry us to another point anyway, compute the gradient *there*. `look_ahead()`
# does exactly that. Libraries usually reformulate the method in terms of the points at which the gradient is computed,
# and call it `nesterov=True`. After this change of variables, both versions are the same:


# %%
def visited(nesterov):
    """The points at which the gradients of w**2 are computed."""
    w = tensor(1.0, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.5, momentum_style="classical", nesterov=nesterov)
    points = []
    for _ in range(6):
        optimizer.zero_grad()
        if nesterov:
            points.append(w.item())
            (w * w).backward()
        else:
            with optimizer.look_ahead():
                points.append(w.item())
                (w * w).backward()
        optimizer.step()
    return np.round(points, 6)


print("look ahead:  ", visited(nesterov=False))
print("reformulated:", visited(nesterov=True))

# %% [markdown]
# ## A learning rate for every weight
#
# AdaGrad divides the step of each weight by the square root of the sum of its squared gradients. Rare features, whose
# gradients are mostly zero, therefore keep a large learning rate. But the sum can only grow.
#
# **Predict.** The gradient stays the same. How long is the fourth step of AdaGrad, as a fraction of the first?

# %%
guess = ...

reveal(guess, exercise="09.b")

# %% [markdown]
# If the gradient stays the same, the $t$-th step has the length $\eta/\sqrt{t}$, so the effective learning rate tends
# to zero.
#
# RMSProp replaces the sum with a moving average, so its steps do not tend to zero. Adam adds momentum, and corrects
# both averages for the bias of their first steps.
#
# **Predict.** Adam has a learning rate of 0.1, and the gradient is 3 in every step. How long is its 100th step?

# %%
guess = ...

w = tensor(0.0, requires_grad=True)
optimizer = optim.Adam([w], lr=0.1)
for _ in range(100):
    before, w.grad = w.item(), np.array(3.0)
    optimizer.step()
reveal(guess, before - w.item(), exercise="09.c")

# %% [markdown]
# Here is what each of them makes of a constant gradient of 3:

# %%
makers = {
    "AdaGrad": lambda p: optim.Adagrad(p, lr=0.1),
    "RMSProp": lambda p: optim.RMSprop(p, lr=0.1, alpha=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
}
lengths = {}
for name, make in makers.items():
    w = tensor(0.0, requires_grad=True)
    optimizer, way = make([w]), [0.0]
    for _ in range(1000):
        w.grad = np.array(3.0)
        optimizer.step()
        way.append(w.item())
    lengths[name] = -np.diff(way)
    print(f"{name}: the lengths of steps 1, 4 and 100 are {lengths[name][[0, 3, 99]].round(4)}")
ax = nn.plot.lines(lengths, np.arange(1, 1001), log="xy", xlabel="step", ylabel="length of the step")

# %% [markdown]
# All three divide by a square root, and add a small $\varepsilon$ to avoid a division by zero. The papers add it
# outside the root, but many slides add it inside. For small gradients this makes a difference: inside the root,
# $\varepsilon = 10^{-8}$ keeps the divisor above $10^{-4}$.

# %%
for mode in ["outside", "inside"]:
    w = tensor(0.0, requires_grad=True)
    w.grad = np.array(1e-4)
    optim.Adam([w], lr=1.0, eps=1e-8, eps_mode=mode).step()
    print(f"eps {mode:7} the root: Adam divides the gradient 1e-4 by {1e-4 / -w.item():.4e}")

# %% [markdown]
# `optim.preset` knows the exact settings of papers, lectures and demos by name:

# %%
w = [tensor(0.0, requires_grad=True)]
for name in ["momentum-newson", "adagrad-hwang", "adam-paper"]:
    print(f"{name:16} {optim.preset(name, w)}")

# %% [markdown]
# ## On a network
#
# Now for a network with one hidden layer of 32 units, trained on handwritten digits. All runs start from the same
# weights and use the same batches. The picture shows the cross-entropy of the training digits. Once again, the learning
# rates matter at least as much as the choice of optimizer.

# %%
digits = nn.data.digits()
choices = {
    "SGD 0.1": lambda p: optim.SGD(p, lr=0.1),
    "momentum 0.1": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "AdaGrad 0.05": lambda p: optim.Adagrad(p, lr=0.05),
    "RMSProp 0.005": lambda p: optim.RMSprop(p, lr=0.005),
    "Adam 0.005": lambda p: optim.Adam(p, lr=0.005),
    "Adam 0.1": lambda p: optim.Adam(p, lr=0.1),
}
curves = {
    name: nn.fit(
        nn.MLP([64, 32, 10], rng=0), digits, loss=nn.CrossEntropyLoss(), optimizer=make, epochs=12, seed=0, show=False
    )["loss"]
    for name, make in choices.items()
}
ax = nn.plot.learning_curves(curves, log=True)

# %% [markdown]
# ## Four models of one series
#
# An optimizer needs no network, only a function of some parameters and its gradient. Hwang's lecture compares four
# models of a time series: a linear recursion, a polynomial, a rational function and nested sigmoids. Here we fit all
# four to the same series, $y_{k+1} = \frac{y_k}{1 + y_k^2} + u_k^3$ with a random input $u$. Each model predicts the
# next value from $(y_k, u_k)$. The optimizer is L-BFGS, which also uses the curvature, as Newton's method does.

# %%
rng = np.random.default_rng(0)
u, y = rng.uniform(-1, 1, 160), np.zeros(161)
for k in range(160):
    y[k + 1] = y[k] / (1 + y[k] ** 2) + u[k] ** 3


def linear(p, y, u):
    return p[0] * y + p[1] * u


def polynomial(p, y, u):
    return np.stack([y, u, y * y, y * u, u * u, y**3, y * y * u, y * u * u, u**3], axis=-1) @ p


def rational(p, y, u):
    return (p[0] * y + p[1] * u**3 + p[2] * y * y * u**3) / (1 + p[3] * y * y + p[4] * y * u + p[5] * u * u)


def sigmoids(p, y, u):
    inside = np.stack([y, u], axis=-1) @ p["V"] + p["c"]
    return nn.functional.sigmoid(inside) @ p["w"] + p["b"]


def error(model, part, p):
    """The mean squared error of the predicted next values, in a part of the series."""
    return np.mean((model(p, y[:-1], u) - y[1:])[part] ** 2)


starts = {
    linear: np.zeros(2),
    polynomial: np.zeros(9),
    rational: np.zeros(6),
    sigmoids: {"V": rng.normal(size=(2, 6)), "c": rng.normal(size=6), "w": rng.normal(size=6), "b": 0.0},
}
first, last = slice(0, 120), slice(120, 160)
print("mean squared error   first 120 steps   last 40")
for model, start in starts.items():
    fit = optim.minimize(partial(error, model, first), start, method="LBFGS", max_steps=300).x
    print(f"{model.__name__:20} {error(model, first, fit):15.5f} {error(model, last, fit):9.5f}")

# %% [markdown]
# The linear model cannot represent the curvature, whatever values its two parameters have. The rational function has
# the form of the true law and recovers it exactly. The polynomial and the sigmoids do not know the law, but each of
# them comes close in its own way.

# %% [markdown]
# ## Schedules
#
# Large steps cover long distances, and small steps find the exact minimum. A schedule gives a learning rate for each
# step. You can pass one in place of any number that an optimizer takes.

# %%
steps = range(100)
schedules = [
    optim.step_decay(1.0, every=25, gamma=0.5),
    optim.inverse_time(a=15, b=15),
    optim.cosine(1.0, steps=100),
    optim.one_cycle(1.0, 100),
    optim.warmup(10, optim.exponential(1.0, 0.97)),
]
curves = {type(schedule).__name__: [schedule(step) for step in steps] for schedule in schedules}
ax = nn.plot.lines(curves, steps, xlabel="step", ylabel="learning rate")

# %% [markdown]
# Schedules help most where the gradient is noisy. Here a line is fitted to 200 points, and each step sees a single one
# of them. A constant learning rate ends in a cloud around the minimum. A smaller one ends in a smaller cloud, but takes
# longer. The rate $a/(b+t)$ is fast at first and precise at the end:

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=200)
t = 1.5 * x + 0.5 + rng.normal(0, 0.5, 200)


def path(lr, steps):
    """The slopes and intercepts of stochastic gradient descent, one sample a step."""
    p = tensor([-0.8, -0.9], requires_grad=True)
    optimizer = optim.SGD([p], lr=lr)
    samples = nn.data.Loader((x, t), 1, shuffle=True, seed=2)
    way = [p.numpy().copy()]
    while len(way) <= steps:
        for inputs, targets in samples:
            optimizer.zero_grad()
            (np.mean((p[0] * inputs + p[1] - targets) ** 2) / 2).backward()
            optimizer.step()
            way.append(p.numpy().copy())
    return np.array(way[: steps + 1])


best = np.polyfit(x, t, 1)
rates = {"rate 0.1": 0.1, "rate 0.005": 0.005, "rate 2 / (20 + t)": optim.inverse_time(a=2, b=20)}
distances = {name: np.linalg.norm(path(lr, 3000) - best, axis=1) for name, lr in rates.items()}
means = {name: far[1:].reshape(-1, 50).mean(axis=1) for name, far in distances.items()}
ax = nn.plot.lines(means, np.arange(50, 3001, 50), log="y", xlabel="step", ylabel="distance to the best line")

# %% [markdown]
# You need not know in advance when to lower the learning rate. `nn.ReduceOnPlateau` watches a number, such as the loss
# on held-out data, and halves the rate when progress stops. Here it tolerates one epoch without improvement:

# %%
optimizer = optim.SGD([tensor(0.0, requires_grad=True)], lr=0.8)
plateau = nn.ReduceOnPlateau(optimizer, patience=1)
for held_out in [3.0, 2.0, 2.1, 2.05, 1.5, 1.6, 1.5]:
    fell = plateau.step(held_out)
    print(f"loss {held_out:4}: rate {optimizer.param_groups[0]['lr']}" + ("  (halved)" if fell else ""))

# %% [markdown]
# One lecture lowers the rate when the held-out loss changes by less than a *threshold* from one epoch to the next. The
# threshold can be a fraction of the loss (`"rel"`) or a difference (`"abs"`). For a loss of about 10 that makes a
# difference: a fall from 10 to 9.6 is 4 %, less than a relative threshold of 0.05, but 0.4 is more than an absolute
# one.

# %%
for mode in ["rel", "abs"]:
    optimizer = optim.SGD([tensor(0.0, requires_grad=True)], lr=0.8)
    plateau = nn.ReduceOnPlateau(optimizer, patience=0, threshold=0.05, threshold_mode=mode, against="last")
    rates = []
    for held_out in [10.0, 9.6, 9.57, 5.0, 4.9]:
        plateau.step(held_out)
        rates.append(optimizer.param_groups[0]["lr"])
    print(f"threshold 0.05, {mode}: rates {rates}")

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("09.1")` gives a hint for exercise 1, and `nn.exercises.hint("09.1", 2)` a
# stronger one.
#
# **1.** Write one step of classical momentum. It takes the weight `w`, the velocity `v` and the gradient `g`, and
# returns the new weight and the new velocity.


# %%
def momentum_step(w, v, g, lr, mu):
    """The new weight and the new velocity."""
    return ..., ...


check(momentum_step, exercise="09.1")

# %% [markdown]
# **2.** A lecture uses the averaged form of momentum with a learning rate of 0.5 and $\mu = 0.9$. With which learning
# rate does `SGD(momentum=0.9)` in PyTorch's convention follow the same path?

# %%
rate_in_pytorch = ...

check(rate_in_pytorch, exercise="09.2")

# %% [markdown]
# **3.** Adam takes its first step with the learning rate 0.01, $\beta_1 = 0.9$, $\beta_2 = 0.999$ and the gradient
# 0.002. How long is the step? ($\varepsilon$ is small enough to ignore.)

# %%
length = ...

check(length, exercise="09.3")

# %% [markdown]
# **4.** AdaGrad with a learning rate of 1 gets the gradient 7 at every step. How far has the weight moved after four
# steps?

# %%
distance = ...

check(distance, exercise="09.4")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Update the velocity first, then move the weight by the new velocity.
#
# ```python
# def momentum_step(w, v, g, lr, mu):
#     v = mu * v - lr * g
#     return w + v, v
# ```
#
# **2** The averaged velocity is $1 - \mu$ times PyTorch's velocity. PyTorch's learning rate has to be smaller by the
# same factor.
#
# ```python
# rate_in_pytorch = 0.5 * (1 - 0.9)
# ```
#
# **3** After the bias correction, the averages equal the gradient and its square. The length of the step is therefore
# the learning rate, whatever the size of the gradient.
#
# ```python
# length = 0.01 * 0.002 / np.sqrt(0.002**2)
# ```
#
# **4** The $t$-th step has the length $7 / \sqrt{49 t} = 1/\sqrt{t}$.
#
# ```python
# distance = sum(1 / np.sqrt(t) for t in [1, 2, 3, 4])
# ```
#
# </details>
