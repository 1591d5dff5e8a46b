# %% [markdown]
# # 03. Checking gradients
#
# A wrong gradient is the quietest of bugs. Nothing crashes. Shapes fit. The loss falls, only a bit worse than it could.
# This notebook plants such a bug, watches it hide, and finds its line.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import custom_op, debug, grad, gradcheck, tensor
from nn.exercises import check
from nn.zoo import EXERCISES

# %% [markdown]
# ## A bug that trains
#
# The library has a softplus, $\log(1 + e^x)$. Suppose it had not, and we wrote one: the function, and a rule for its
# gradient, which gets `g`, what comes from the right. The derivative is the sigmoid, $1 / (1 + e^{-x})$. In one of the
# two rules the minus got lost.

# %%
good = custom_op(lambda x: np.log1p(np.exp(x)), lambda g, x: g / (1 + np.exp(-x)), name="good_softplus")
bad = custom_op(lambda x: np.log1p(np.exp(x)), lambda g, x: g / (1 + np.exp(x)), name="bad_softplus")


class Bend(nn.Module):
    """A layer that applies a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)


def network(softplus):
    """Two layers and a bend between them, with the same first weights each time."""
    return nn.Sequential(nn.Linear(2, 16, rng=0), Bend(softplus), nn.Linear(16, 2, rng=1)).astype(np.float64)


# %% [markdown]
# Two interleaved half moons are to be told apart, once with each.

# %%
x, labels = nn.data.moons(200, noise=0.1, seed=0)


def train(model):
    """The loss after each step."""
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    history = []
    for _ in range(400):
        loss = nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history


ax = nn.plot.learning_curves({"right rule": train(network(good)), "wrong rule": train(network(bad))})
ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
plt.show()

# %% [markdown]
# Both losses fall. The wrong one stays at what a straight line between the moons can do. If you had only this curve,
# would you suspect the gradient? You would try other learning rates, more units, other data.
#
# ## Finite differences
#
# What can be trusted is the definition: turn the input a little, look at the output. It is slow, one run per number,
# but there is no rule in it that could be wrong. A step to both sides is better than a step to one:
#
# $$\frac{f(x + h) - f(x)}{h} = f'(x) + O(h) \qquad\qquad \frac{f(x + h) - f(x - h)}{2h} = f'(x) + O(h^2)$$
#
# How small should $h$ be? Let us look at the error for the sine.

# %%
steps = np.logspace(-12, 0, 49)


def errors(difference, dtype):
    """How far a difference of sin is from cos(1), for each step."""
    at, h = dtype(1.0), steps.astype(dtype)
    return np.abs(difference(at, h) - np.cos(1.0)).astype(float)


def forward(at, h):
    return (np.sin(at + h) - np.sin(at)) / h


def central(at, h):
    return (np.sin(at + h) - np.sin(at - h)) / (2 * h)


_, ax = plt.subplots()
ax.loglog(steps, errors(forward, np.float64), label="one side, float64")
ax.loglog(steps, errors(central, np.float64), label="both sides, float64")
ax.loglog(steps, errors(central, np.float32), ":", label="both sides, float32")
ax.set(xlabel="step h", ylabel="error", ylim=(1e-12, 10))
ax.legend()
plt.show()

# %% [markdown]
# On the right the step is too large: the curve bends. On the left it is too small: the two values agree in nearly all
# digits, and their difference is noise. In float32 five digits are the best there is, for a single sine; a check in
# float32 cannot tell a small mistake from noise. **Gradients are checked in float64**, whatever the network computes
# in.
#
# ## The check
#
# `gradcheck` does this for every input, with steps that it chooses, and an estimate of how far its own differences can
# be trusted.

# %%
print(gradcheck(lambda a, b: np.sum(np.tanh(a @ b)), np.array([[0.5, -1.0]]), np.array([[0.3], [2.0]])))

# %% [markdown]
# Now our network. The check takes a loss without arguments, and the parameters, which it calls by name.

# %%
model = network(bad)
few, few_labels = x[:6], labels[:6]
report = gradcheck(lambda: nn.functional.cross_entropy(model(few), few_labels), wrt=model, raise_on_failure=False)
print(report)

# %% [markdown]
# Read it from the top. The last layer is right, the first one is wrong: the fault lies between the two. Each
# operation is then checked by itself, with the values it really had, and one does not agree: `bad_softplus`, and the
# line where it was used. In a program `report.op` and `report.line` say so too; in a test, the fixture
# `check_gradients` of pytest fails with this report.
#
# ## A value that left the graph
#
# Another bug, with no wrong rule at all. Someone wanted a plain number for a printout:


# %%
def shares(x):
    total = np.sum(x).item()
    return np.sum((x / total) ** 2)


print(gradcheck(shares, np.array([1.0, 2.0, 4.0]), raise_on_failure=False))

# %% [markdown]
# `.item()` gives a number, and a number has no past: for the graph it is a constant. The check turns the input, sees
# the constant move, and says which operand of which line it is.
#
# ## Kinks
#
# Where a function has a corner, there is no derivative. The slopes to the left and to the right differ, and the rules
# give one of them, or something between.

# %%
z = np.linspace(-1, 1, 201)
_, ax = plt.subplots(figsize=(6.4, 3))
ax.plot(z, np.abs(z), label="|x|")
ax.plot(z, np.maximum(z, 0), label="relu(x)")
ax.plot(z, [grad(np.abs)(v) for v in z], "--", color="C0", label="|x|'")
ax.plot(z, [grad(lambda v: np.maximum(v, 0))(v) for v in z], "--", color="C1", label="relu'(x)")
ax.legend(ncols=2)
ax.set_xlabel("x")
plt.show()
print(gradcheck(lambda x: np.sum(np.abs(x)), np.array([0.5, 0.0])))

# %% [markdown]
# The verdict is *kink*, and it counts as right: 0 lies between -1 and 1. A ReLU network hits its corners only by
# accident. But integers as inputs, or biases of zero, make such accidents common.
#
# ## Rounding
#
# Sometimes nothing can be said. Here a large constant eats the digits before the difference is taken:

# %%
print(gradcheck(lambda x: np.sum(((x + 1e12) - 1e12) ** 2), np.array([1.3]), raise_on_failure=False))

# %% [markdown]
# *Rounding* is neither right nor wrong: choose other values. There are more verdicts that spare you a search. A dropout
# layer in training mode gives other numbers at every call:

# %%
noisy = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(4, 1, rng=1))
print(gradcheck(lambda: noisy(few.astype("float32")).sum(), wrt=noisy, raise_on_failure=False))

# %% [markdown]
# ## Numbers that are not finite
#
# Last, the bug that everybody meets: the loss is `nan`, and it has been for a while. `debug()` stops at the first
# number that is not finite, not at the last.

# %%
p = tensor([0.7, 0.3, 0.0], requires_grad=True, name="p")
try:
    with debug():
        entropy = -(p * np.log(p)).sum()
except ArithmeticError as error:
    print(error)

# %% [markdown]
# ## The zoo
#
# `chainrule zoo` are programs with one mistake each, of the kinds that people make. Here are the stories of some; the
# commands `chainrule zoo 4`, `--hint 1` and `--run` show its program, a hint, and what the library says.

# %%
for number, exercise in enumerate(EXERCISES[:12], 1):
    print(f"{number:2}  {exercise.story}")

# %% [markdown]
# ## Exercises
#
# **1.** Write the rule for $y = 1/x$: what goes to $x$ when `g` comes from the right?


# %%
def rule(g, x): ...


check(
    rule,
    lambda g, x: g * grad(lambda x: 1 / x)(x),
    at=lambda random: (random.normal(), random.uniform(0.5, 2.0)),
    name="Exercise 1",
    slips={"you took the line of the logarithm from the table": lambda g, x: g / x},
)

# %% [markdown]
# **2.** Write the difference of both sides for a function `f`, a point `x` and a step `h`.


# %%
def slope(f, x, h): ...


check(
    lambda x: slope(np.exp, x, 0.1),
    lambda x: np.exp(x) * np.sinh(0.1) / 0.1,  # for this function it can be worked out
    name="Exercise 2",
    rtol=1e-9,
    slips={
        "you stepped to one side only": lambda x: np.exp(x) * np.expm1(0.1) / 0.1,
        "you divide by h, but the two points are 2h apart": lambda x: 2 * np.exp(x) * np.sinh(0.1) / 0.1,
    },
)

# %% [markdown]
# **3.** Which verdict will `gradcheck(lambda x: np.max(x), np.array([2.0, 2.0]))` give? Answer with a word.

# %%
answer_3 = ...

check(
    answer_3,
    gradcheck(lambda x: np.max(x), np.array([2.0, 2.0]), raise_on_failure=False).verdict,
    name="Exercise 3",
    slips={
        "you overlooked that both are largest: which one wins changes right here": "right",
        "you think of a wrong rule, but there is nothing to be right about here": "wrong",
    },
)

# %% [markdown]
# **4.** One of these three has a wrong rule. Let `gradcheck` tell you which, and answer with its name.

# %%
double = custom_op(lambda x: 2 * x, lambda g: 2 * g, name="double")
shifted = custom_op(lambda x: np.tanh(x) + 1, lambda g, out: g * (1 - out**2), name="shifted")
cubed = custom_op(lambda x: x**3, lambda g, x: 3 * g * x**2, name="cubed")


def puzzle(x):
    return np.sum(cubed(shifted(double(x))))


answer_4 = ...

check(
    answer_4,
    gradcheck(puzzle, np.array([0.3, -0.4]), raise_on_failure=False).op,
    name="Exercise 4",
    slips={
        "you stopped at the operation that comes last": "cubed",
        "you stopped at the one that comes first": "double",
    },
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The derivative of $x^{-1}$ is $-x^{-2}$.
#
# ```python
# def rule(g, x):
#     return -g / x**2
# ```
#
# **2**
#
# ```python
# def slope(f, x, h):
#     return (f(x + h) - f(x - h)) / (2 * h)
# ```
#
# **3** Turn one of them up and it is the largest; turn it down and the other is. The slopes differ.
#
# ```python
# answer_3 = "kink"
# ```
#
# **4** Its output is tanh + 1, so the slope is $1 - (out - 1)^2$.
#
# ```python
# answer_4 = gradcheck(puzzle, np.array([0.3, -0.4]), raise_on_failure=False).op
# ```
#
# </details>
