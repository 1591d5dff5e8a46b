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
# # 07. Optimisation
#
# The gradient says which way is down. It does not say how far to go. This notebook is about that second question: the
# learning rate, the noise of small batches, ravines, and what the optimizers do about them.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import grad, hessian, tensor
from nn.exercises import check

# %% [markdown]
# ## One weight, four rates
#
# Gradient descent repeats $w \leftarrow w - \eta\, f'(w)$. On the parabola $f(w) = w^2/2$ the slope is $w$ itself, so a
# step multiplies $w$ by $1 - \eta$. Everything can be read from this factor.


# %%
def bowl(w):
    return w**2 / 2


def places(f, start, steps, **settings):
    """Where gradient descent passes."""
    return np.array(optim.minimize(f, start, "sgd", max_steps=steps, tolerance=0, **settings).xs)


def picture(ax, f, way, title, reach=4.2):
    w = np.linspace(-reach, reach, 200)
    ax.plot(w, f(w), color="0.7", linewidth=3)
    ax.plot(way, f(way), "o-", color=nn.plot.COLOURS[0], markersize=4, linewidth=1)
    ax.plot(way[0], f(way[0]), "o", color=nn.plot.COLOURS[1])
    ax.set(title=title, xlabel="w", xlim=(-reach, reach))


figure, axes = plt.subplots(1, 4, figsize=(10, 2.7), sharey=True)
for ax, lr, words in zip(axes, [0.05, 0.5, 1.8, 2.02], ["too slow", "good", "overshoots", "diverges"], strict=True):
    picture(ax, bowl, places(bowl, -3.5, 12, lr=lr), f"$\\eta$ = {lr}: {words}")
axes[0].set(ylabel="f(w)", ylim=(-0.5, 9))
plt.show()

# %% [markdown]
# With $\eta = 1$ the factor is 0: one step is enough. Above 1 the steps jump over the minimum. Above 2 they lead away
# from it.
#
# In general the curvature $f''$ sets the scale: descent is stable for $\eta < 2 / f''$, and $\eta = 1/f''$ is Newton's
# step. A network has many curvatures at once. The largest one limits the rate, the smallest one the speed.

# %% [markdown]
# ## Trapped
#
# This function has two valleys, and the start is on the side of the worse one. A small rate leads to the bottom of that
# valley and stays. A large one lands beyond the top of the hill, by luck. Momentum, which comes below, rolls
# over it.


# %%
def valleys(w):
    return 0.05 * w**4 - 0.6 * w**2 + 0.6 * w


figure, axes = plt.subplots(1, 3, figsize=(10, 2.9), sharey=True)
for ax, settings, title in zip(
    axes,
    [{"lr": 0.05}, {"lr": 0.5}, {"lr": 0.05, "momentum": 0.9}],
    ["$\\eta$ = 0.05: trapped", "$\\eta$ = 0.5: jumps out", "$\\eta$ = 0.05 with momentum 0.9"],
    strict=True,
):
    picture(ax, valleys, places(valleys, 3.8, 30, **settings), title, reach=4.4)
axes[0].set(ylabel="f(w)", ylim=(-4, 6))
plt.show()

# %% [markdown]
# ## Batches: fewer samples, more noise
#
# A loss is a mean over samples, and so is its gradient. The gradient of a random batch is an estimate: right in the
# mean, and noisy. Here 200 points lie along a line, and we look at the gradient of $\frac12(wx + b - t)^2$ at $w = b =
# 0$.

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
# Four times as many samples halve the noise: the spread falls as $1/\sqrt{B}$. But four times as many samples also cost
# four times as much. That is why small batches pay.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6))
for size, colour in zip([1, 16, 256], nn.plot.COLOURS, strict=False):
    left.plot(*estimates[size][:50].T, ".", color=colour, markersize=3, label=f"batches of {size}")
left.plot(*slope(start, x, t), "k+", markersize=12, label="all samples")
left.set(xlabel="derivative by w", ylabel="derivative by b", title="50 estimates each")
left.legend()
spread = [np.sqrt(estimates[size].var(axis=0).sum()) for size in sizes]
right.loglog(sizes, spread, "o", label="measured")
alone = np.array([slope(start, x[i : i + 1], t[i : i + 1]) for i in range(200)])
expected = np.sqrt(alone.var(axis=0).sum() / sizes)
right.loglog(sizes, expected, "--", color="0.5", label=r"spread of one sample / $\sqrt{B}$")
marks = [0.1, 0.2, 0.5, 1, 2]
right.set(xlabel="batch size B", ylabel="spread of the gradient")
right.set(xticks=sizes, xticklabels=sizes, yticks=marks, yticklabels=marks)
right.minorticks_off()
right.legend()
plt.show()

# %% [markdown]
# The same noise as a path. All three take the rate 0.15 and 40 steps. With all samples the way is smooth; with single
# samples it wanders, and never comes to rest. So single samples need a much smaller rate.


# %%
def path(size, lr, steps=40):
    """The way of stochastic gradient descent; samples are shuffled anew for every epoch."""
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
ax.set(xlabel="w", ylabel="b")
plt.show()

# %% [markdown]
# Some texts *add* the gradients of a batch where others take the mean. The sum is $B$ times the mean, so its rate has
# to be $B$ times smaller for the same steps. A loss here says which it means: `reduction="mean"` or `"sum"`.

# %% [markdown]
# ## The ravine
#
# Rosenbrock's function $(1-x)^2 + 100\,(y-x^2)^2$ has a curved valley. Down its walls it is steep, along its floor
# almost flat. The usual start is $(-1.2, 1)$, the minimum is at $(1, 1)$.


# %%
def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


corner = np.array([-1.2, 1.0])
curvature = hessian(rosenbrock)(np.ones(2))
print("at the start: value", round(rosenbrock(corner), 6), "gradient", grad(rosenbrock)(corner).round(6))
print("curvature at the minimum:", curvature.round(6).tolist())
print("steepest against flattest direction:", round(np.linalg.cond(curvature)))

# %% [markdown]
# One direction curves 2508 times as much as the other. The steep one allows no rate above about $2/1000$, and at that
# rate the flat one takes thousands of steps.
#
# **Momentum** remembers. Across the valley the gradients change their sign and cancel; along it they add up. The
# velocity $v \leftarrow \mu v - \eta g$ grows to $1/(1-\mu)$ times a single step, ten times for $\mu = 0.9$.

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
ax.set_rasterization_zorder(1.5)
ax.plot(1, 1, "*", color="white", markersize=12)
ax.set(title="every fourth of the first 300 steps", xlabel="x", ylabel="y")
plt.show()

# %% [markdown]
# How many steps until the value is below $10^{-6}$? Every method got a rate that suits it, found by a few trials. So
# this says what they can do in *this* valley, and little about networks. (Plain descent, the last one, needs 15,068.)

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
# Books and libraries write momentum differently. The numbers called "rate" and "momentum" then do not mean the same:
#
# | `momentum_style` | velocity | weights |
# |---|---|---|
# | `"pytorch"` | $v \leftarrow \mu v + g$ | $w \leftarrow w - \eta v$ |
# | `"classical"` | $v \leftarrow \mu v - \eta g$ | $w \leftarrow w + v$ |
# | `"ema"` (an average) | $v \leftarrow \mu v + (1-\mu) g$ | $w \leftarrow w - \eta v$ |
#
# With a constant rate the first two go the same way. The average goes it with a rate $1/(1-\mu)$ times as large.


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
# **Nesterov's** idea: if momentum will take us there anyway, take the gradient *there*. `look_ahead()` does this
# literally. Libraries rewrite it for the points at which the gradient is taken, `nesterov=True`. After this change of
# variable both are the same:


# %%
def visited(nesterov):
    """The points at which gradients of w**2 are taken."""
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
# ## A rate for every weight
#
# AdaGrad divides the step of each weight by the root of the sum of its squared gradients. Rare features, whose
# gradients are mostly zero, keep a large rate. But a sum only grows. With a gradient of constant size the $t$-th step
# has length $\eta/\sqrt{t}$: the rate vanishes.
#
# RMSProp takes a moving mean in place of the sum, and keeps its speed. Adam adds momentum, and divides both means by
# what they lack in their first steps.

# %%
makers = {
    "AdaGrad": lambda p: optim.Adagrad(p, lr=0.1),
    "RMSProp": lambda p: optim.RMSprop(p, lr=0.1, alpha=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
}
figure, ax = plt.subplots(figsize=(5.6, 3.4))
for (name, make), dash in zip(makers.items(), ["-", "--", "-."], strict=True):
    w = tensor(0.0, requires_grad=True)
    optimizer, way = make([w]), [0.0]
    for _ in range(1000):
        w.grad = np.array(3.0)
        optimizer.step()
        way.append(w.item())
    lengths = -np.diff(way)
    ax.loglog(np.arange(1, 1001), lengths, dash, label=name)
    print(f"{name}: steps 1, 4, 100 have the lengths {lengths[[0, 3, 99]].round(4)}")
ax.set(xlabel="step", ylabel="length of the step", title="gradient 3 at every step")
ax.legend()
plt.show()

# %% [markdown]
# All of them divide by a root, and add a small $\varepsilon$ so as not to divide by zero. The papers add it outside the
# root, many slides inside. For small gradients that is not the same: inside, $\varepsilon = 10^{-8}$ is a floor of
# $10^{-4}$.

# %%
for mode in ["outside", "inside"]:
    w = tensor(0.0, requires_grad=True)
    w.grad = np.array(1e-4)
    optim.Adam([w], lr=1.0, eps=1e-8, eps_mode=mode).step()
    print(f"eps {mode:8} the root: Adam divides the gradient 1e-4 by {1e-4 / -w.item():.4e}")

# %% [markdown]
# What a paper, a lecture or a demo means exactly, `optim.preset` knows by name:

# %%
w = [tensor(0.0, requires_grad=True)]
for name in ["momentum-newson", "adagrad-hwang", "adam-paper"]:
    print(f"{name:16} {optim.preset(name, w)}")

# %% [markdown]
# ## On a network
#
# The handwritten digits, one hidden layer of 32 units, the same first weights and batches for all. Again the rates
# matter at least as much as the names.

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
nn.plot.learning_curves(curves, log=True).set(ylabel="cross-entropy, training")
plt.show()

# %% [markdown]
# ## Schedules
#
# Large steps cross the plain, small ones find the point. A schedule gives a rate for each step; it may stand in place
# of any number that an optimizer takes.

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
nn.plot.learning_curves(curves).set(xlabel="step", ylabel="rate")
plt.show()

# %% [markdown]
# Back to single samples. A constant rate ends in a cloud around the minimum, and a smaller rate in a smaller cloud,
# later. The rate $a/(b+t)$ is fast at first and precise in the end:

# %%
best = np.polyfit(x, t, 1)
rates = {"rate 0.1": 0.1, "rate 0.005": 0.005, "rate 2 / (20 + t)": optim.inverse_time(a=2, b=20)}
distances = {name: np.linalg.norm(path(1, lr, steps=3000) - best, axis=1) for name, lr in rates.items()}
figure, ax = plt.subplots(figsize=(6.4, 3.6))
for (name, far), dash in zip(distances.items(), ["-", "--", "-."], strict=True):
    ax.semilogy(np.arange(50, 3001, 50), far[1:].reshape(-1, 50).mean(axis=1), dash, label=name)
ax.set(xlabel="step", ylabel="distance to the best line")
ax.legend()
plt.show()

# %% [markdown]
# When to lower the rate need not be known in advance. `nn.ReduceOnPlateau` watches a number, such as the loss on
# held-out data, and halves the rate when progress stops. Here it allows one epoch without:

# %%
optimizer = optim.SGD([tensor(0.0, requires_grad=True)], lr=0.8)
plateau = nn.ReduceOnPlateau(optimizer, patience=1)
for held_out in [3.0, 2.0, 2.1, 2.05, 1.5, 1.6, 1.5]:
    fell = plateau.step(held_out)
    print(f"loss {held_out:4}: rate {optimizer.param_groups[0]['lr']}" + ("  (halved)" if fell else ""))

# %% [markdown]
# ## Exercises
#
# Put your answers in place of the dots, and run the cell. `check` says whether they are right, or what may have gone
# wrong.
#
# **1.** For $f(w) = 3w^2$: below which rate does gradient descent come closer to the minimum at every step?

# %%
rate = ...

check(
    rate,
    1 / 3,
    slips={
        "the 2 from the derivative of the square is missing: the slope is 6w": 2 / 3,
        "this is the rate that arrives in one step, not the largest one": 1 / 6,
        "the curvature itself was taken": 6,
        "this is the limit for the parabola of the notebook, whose curvature is 1": 2,
    },
    name="Exercise 1",
)

# %% [markdown]
# **2.** One step of classical momentum: from the weight `w`, the velocity `v` and the gradient `g` to the new weight
# and the new velocity.


# %%
def momentum_step(w, v, g, lr, mu):
    """The new weight and the new velocity."""
    return ..., ...


check(
    momentum_step,
    lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g),
    slips={
        "the weight moved with the old velocity": lambda w, v, g, lr, mu: (w + v, mu * v - lr * g),
        "the gradient is added to the velocity: this goes uphill": lambda w, v, g, lr, mu: (
            w + mu * v + lr * g,
            mu * v + lr * g,
        ),
        "this is the convention of PyTorch, whose velocity has no rate and no minus": lambda w, v, g, lr, mu: (
            w - lr * (mu * v + g),
            mu * v + g,
        ),
        "this is the average, with (1 - mu)": lambda w, v, g, lr, mu: (
            w - lr * (mu * v + (1 - mu) * g),
            mu * v + (1 - mu) * g,
        ),
        "the old velocity is not multiplied with mu": lambda w, v, g, lr, mu: (w + v - lr * g, v - lr * g),
    },
    name="Exercise 2",
)

# %% [markdown]
# **3.** A lecture uses averaged momentum with the rate 0.5 and $\mu = 0.9$. With which rate does
# `SGD(momentum=0.9)` in PyTorch's convention go the same way?

# %%
rate_in_pytorch = ...

check(
    rate_in_pytorch,
    0.05,
    slips={
        "you divided by 1 - mu: that is the other direction": 5,
        "you multiplied with mu in place of 1 - mu": 0.45,
        "the rates were taken to mean the same": 0.5,
    },
    name="Exercise 3",
)

# %% [markdown]
# **4.** The first step of Adam, with the rate 0.01, $\beta_1 = 0.9$, $\beta_2 = 0.999$, and the gradient 0.002. How
# long is it? ($\varepsilon$ is small enough to be left out.)

# %%
length = ...

check(
    length,
    0.01,
    slips={
        "this is the step of plain descent: Adam divides by the size of the gradient": 2e-5,
        "the means were not corrected for their start at zero": 0.01 * 0.1 / np.sqrt(0.001),
        "only the mean of the gradients was corrected": 0.01 / np.sqrt(0.001),
        "only the mean of the squares was corrected": 0.001,
        "the root of the mean of the squares is missing": 5,
    },
    name="Exercise 4",
)

# %% [markdown]
# **5.** AdaGrad with the rate 1 gets the gradient 7 at every step. How far has it come after four steps?

# %%
distance = ...

check(
    distance,
    np.sum(1 / np.sqrt([1, 2, 3, 4])),
    slips={
        "the rate was taken to be constant": 4,
        "the root is missing": 1 + 1 / 2 + 1 / 3 + 1 / 4,
        "this is the last step alone": 0.5,
        "the size of the gradient does not matter, both sides of the division have it": 7
        * np.sum(1 / np.sqrt([1, 2, 3, 4])),
        "the sum ends before this step, and begins with a step of length 1": 1 + np.sum(1 / np.sqrt([1, 2, 3])),
    },
    name="Exercise 5",
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The curvature is 6, a step multiplies $w$ by $1 - 6\eta$, and this is above $-1$ for $\eta < 1/3$.
#
# ```python
# rate = 2 / 6
# ```
#
# **2** First the velocity, then the weight with the new velocity.
#
# ```python
# def momentum_step(w, v, g, lr, mu):
#     v = mu * v - lr * g
#     return w + v, v
# ```
#
# **3** The velocity of the average is $1 - \mu$ times that of PyTorch, so its rate is worth less.
#
# ```python
# rate_in_pytorch = 0.5 * (1 - 0.9)
# ```
#
# **4** After correction the means are the gradient and its square, so the step has the length of the rate. The size of
# the gradient does not matter.
#
# ```python
# length = 0.01 * 0.002 / np.sqrt(0.002**2)
# ```
#
# **5** The $t$-th step has length $7 / \sqrt{49 t} = 1/\sqrt{t}$.
#
# ```python
# distance = sum(1 / np.sqrt(t) for t in [1, 2, 3, 4])
# ```
#
# </details>
