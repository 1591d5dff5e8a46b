# %% [markdown]
# # 05. Checking gradients
#
# *About 40 minutes, with the exercises.*
#
# A wrong gradient is one of the hardest bugs to notice. Nothing crashes, all shapes fit, and the loss falls, only not
# as far as it could. This notebook plants such a bug, shows how it hides, and finds the line it is in.

# %%
import numpy as np

import nn
import nn.plot
import optim
from autograd import custom_op, debug, gradcheck, tensor
from nn.exercises import check, reveal
from nn.zoo import EXERCISES

# %% [markdown]
# ## A bug that trains
#
# The library has a softplus function, $\log(1 + e^x)$. Suppose it did not and we had to write our own: the function,
# and a rule for its gradient. The rule receives `g`, the gradient that arrives from the right. The derivative of
# softplus is the sigmoid, $1 / (1 + e^{-x})$. In one of the two rules below, the minus sign got lost.

# %%
good = custom_op(lambda x: np.log1p(np.exp(x)), lambda g, x: g / (1 + np.exp(-x)), name="good_softplus")
bad = custom_op(lambda x: np.log1p(np.exp(x)), lambda g, x: g / (1 + np.exp(x)), name="bad_softplus")


class Activation(nn.Module):
    """A layer that applies a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)


def network(softplus):
    """Two linear layers and an activation between them, with the same initial weights each time."""
    return nn.Sequential(nn.Linear(2, 16, rng=0), Activation(softplus), nn.Linear(16, 2, rng=1)).astype(np.float64)


# %% [markdown]
# We train the network once with each version to separate two interleaved half moons. The loss is the cross-entropy,
# which notebook 06 explains.
#
# **Predict.** With the wrong rule, does the loss `"rise"`, `"fall"`, or `"stay"` where it starts?

# %%
guess = ...

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


curves = {"right rule": train(network(good)), "wrong rule": train(network(bad))}
reveal(guess, exercise="05.a")

# %%
ax = nn.plot.lines(curves, range(400), xlabel="step", ylabel="loss")

# %% [markdown]
# Both losses fall, but with the wrong rule the loss gets no lower than it would with a straight line between the moons.
# If this curve were all you had, would you suspect the gradient? You would probably try other learning rates, more
# units or more data first.
#
# ## Finite differences
#
# The definition of the derivative is something we can trust: change the input a little and look at the output. This is
# slow, because every input needs its own run of the function, but there is no hand-written rule that could be wrong.
# Stepping to both sides is more accurate than stepping to one:
#
# $$\frac{f(x + h) - f(x)}{h} = f'(x) + O(h) \qquad\qquad \frac{f(x + h) - f(x - h)}{2h} = f'(x) + O(h^2)$$
#
# How small should $h$ be? The next cell tries steps from 1 down to $10^{-12}$ on the sine.
#
# **Predict.** Which step gives the smallest error, with one-sided differences and 16 digits? Answer with its power of
# ten, such as -3 for $h = 0.001$.

# %%
guess = ...

steps = np.logspace(-12, 0, 49)


def errors(difference, dtype):
    """The error of a difference quotient of the sine at 1, for each step."""
    at, h = dtype(1.0), steps.astype(dtype)
    return np.abs(difference(at, h) - np.cos(1.0)).astype(float)


def forward(at, h):
    return (np.sin(at + h) - np.sin(at)) / h


def central(at, h):
    return (np.sin(at + h) - np.sin(at - h)) / (2 * h)


best = steps[errors(forward, np.float64).argmin()]
reveal(guess, round(np.log10(best)), exercise="05.b")

# %%
curves = {
    "one-sided, float64": errors(forward, np.float64),
    "two-sided, float64": errors(central, np.float64),
    "two-sided, float32": errors(central, np.float32),
}
ax = nn.plot.lines(curves, steps, log="xy", xlabel="step h", ylabel="error", ylim=(1e-12, 10))

# %% [markdown]
# On the right the step is too large, and the curvature of the sine causes the error. On the left the step is too small:
# the two values agree in almost all digits, and their difference is mostly rounding noise. In float32 even the best
# step gives only five correct digits, and that for a single sine, so a check in float32 cannot tell a small mistake
# from noise. **Always check gradients in float64**, whatever precision the network computes in.
#
# Move the step and watch the digits. The derivative of the sine at 1 is 0.540302305868.


# %%
def digits(power, ax):
    """Where a step is on the curve of errors, and the digits of the difference."""
    h = 10.0**power
    shown = {"error": errors(central, np.float64), "this step": ([h], [abs(central(1.0, h) - np.cos(1.0)) + 1e-13])}
    title = f"two-sided difference {central(1.0, h):.12f}"
    nn.plot.lines(shown, steps, log="xy", ax=ax, xlabel="step h", ylabel="error", ylim=(1e-13, 10), title=title)


nn.plot.frames(digits, range(0, -13, -1), name="power of ten", start=5)

# %% [markdown]
# ## The check
#
# `gradcheck` makes this comparison for every input. It chooses the steps itself and estimates how far its own
# differences can be trusted.

# %%
print(gradcheck(lambda a, b: np.sum(np.tanh(a @ b)), np.array([[0.5, -1.0]]), np.array([[0.3], [2.0]])))

# %% [markdown]
# Now for our network. Here the check takes a loss function without arguments, and the parameters to check, which it
# calls by their names.

# %%
model = network(bad)
few, few_labels = x[:6], labels[:6]
report = gradcheck(lambda: nn.functional.cross_entropy(model(few), few_labels), wrt=model, raise_on_failure=False)
print(report)

# %% [markdown]
# Read the report from the top. The gradients of the last layer are right and those of the first layer are wrong, so the
# fault lies between the two. The check then tests each operation on its own, with the values it had in this network.
# Only `bad_softplus` fails, and the report names the line where it was used. In a program, the same information is in
# `report.op` and `report.line`. In a test suite, the pytest fixture `check_gradients` fails with this report.
#
# ## A value that left the graph
#
# The next bug involves no wrong rule at all. Someone needed a plain number for a printout:


# %%
def shares(x):
    total = np.sum(x).item()
    return np.sum((x / total) ** 2)


print(gradcheck(shares, np.array([1.0, 2.0, 4.0]), raise_on_failure=False))

# %% [markdown]
# `.item()` returns a plain Python number, and the graph treats a number as a constant. The check changes the input,
# notices that the constant changes too, and reports which operand of which line it is.
#
# ## Kinks
#
# A function has no derivative at a corner: the slopes to the left and to the right differ. A gradient rule has to
# return one of the two slopes, or a value between them.

# %%
ax = nn.plot.activations([np.abs, nn.ReLU()], low=-1, high=1)
print(gradcheck(lambda x: np.sum(np.abs(x)), np.array([0.5, 0.0])))

# %% [markdown]
# The verdict is *kink*, which counts as right, because 0 lies between the slopes -1 and 1. The units of a ReLU network
# hit their corners only by accident, but such accidents are common when the inputs are integers or the biases are zero.
#
# ## Rounding
#
# Sometimes a check cannot decide. Here a large constant wipes out the digits before the difference is taken:

# %%
print(gradcheck(lambda x: np.sum(((x + 1e12) - 1e12) ** 2), np.array([1.3]), raise_on_failure=False))

# %% [markdown]
# The verdict *rounding* means neither right nor wrong: try other input values. Other verdicts save you a search. For
# example, a dropout layer (notebook 10) in training mode gives different results in every call:

# %%
noisy = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(4, 1, rng=1))
print(gradcheck(lambda: noisy(few.astype("float32")).sum(), wrt=noisy, raise_on_failure=False))

# %% [markdown]
# ## Numbers that are not finite
#
# Finally, the bug that everybody meets sooner or later: the loss is `nan`, and it has been for a while. `debug()` stops
# at the operation that produced the *first* number that is not finite.

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
# `chainrule zoo` offers short programs, each with one planted bug of a common kind. Here are the stories of some of
# them. `chainrule zoo 4` shows the program of number 4; add `--hint 1` for a hint, or `--run` to see how the library
# reports the bug.

# %%
for number, exercise in enumerate(EXERCISES[:12], 1):
    print(f"{number:2}  {exercise.story}")

# %% [markdown]
# ## Exercises
#
# If you are stuck, `nn.exercises.hint("05.1")` gives a hint for exercise 1, and `nn.exercises.hint("05.1", 2)` a
# stronger one.
#
# **1.** Write the gradient rule of $y = 1/x$: what does `x` receive when `g` arrives from the right?


# %%
def rule(g, x): ...


check(rule, exercise="05.1")

# %% [markdown]
# **2.** Write the two-sided difference for a function `f`, a point `x` and a step `h`.


# %%
def slope(f, x, h): ...


check(lambda x: slope(np.exp, x, 0.1), exercise="05.2")

# %% [markdown]
# **3.** Which verdict does `gradcheck(lambda x: np.max(x), np.array([2.0, 2.0]))` give? Answer with one word.

# %%
answer_3 = ...

check(answer_3, exercise="05.3")

# %% [markdown]
# **4.** One of these three operations has a wrong rule. Let `gradcheck` find it, and answer with its name.

# %%
double = custom_op(lambda x: 2 * x, lambda g: 2 * g, name="double")
shifted = custom_op(lambda x: np.tanh(x) + 1, lambda g, out: g * (1 - out**2), name="shifted")
cubed = custom_op(lambda x: x**3, lambda g, x: 3 * g * x**2, name="cubed")


def puzzle(x):
    return np.sum(cubed(shifted(double(x))))


answer_4 = ...

check(answer_4, exercise="05.4")

# %% [markdown]
# **5.** This program and the next two have one bug each, and `gradcheck` finds it. Repair each by changing one
# line. Here, a squared error is averaged over the batch.

# %%
program = EXERCISES[5].program
mended = ...  # program.replace("the wrong piece", "the right one")

print(program)
check(mended, exercise="05.5")

# %% [markdown]
# **6.** A residual connection adds the input of a layer to its output.

# %%
program = EXERCISES[15].program
mended = ...

print(program)
check(mended, exercise="05.6")

# %% [markdown]
# **7.** Rows are centred before they are compared. The second call gives a different result from the first.

# %%
program = EXERCISES[17].program
mended = ...

print(program)
check(mended, exercise="05.7")

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
# **2** The two points are $2h$ apart.
#
# ```python
# def slope(f, x, h):
#     return (f(x + h) - f(x - h)) / (2 * h)
# ```
#
# **3** If one of the two grows, it becomes the maximum. If it shrinks, the other one is the maximum. So the slopes on
# the two sides differ.
#
# ```python
# answer_3 = "kink"
# ```
#
# **4** The output of `shifted` is tanh + 1, so its derivative is $1 - (out - 1)^2$.
#
# ```python
# answer_4 = gradcheck(puzzle, np.array([0.3, -0.4]), raise_on_failure=False).op
# ```
#
# **5** The rule forgets the mean over the batch.
#
# ```python
# mended = EXERCISES[5].program.replace("2.0 * (p - t)", "2.0 * (p - t) / p.size")
# ```
#
# **6** `detach` cuts the second path from the input to the output.
#
# ```python
# mended = EXERCISES[15].program.replace("x.detach()", "x")
# ```
#
# **7** The function must not change its input.
#
# ```python
# old = "x.data[...] -= x.data.mean(axis=1, keepdims=True)"
# mended = EXERCISES[17].program.replace(old, "x = x - np.mean(x, axis=1, keepdims=True)")
# ```
#
# </details>
