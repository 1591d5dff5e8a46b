# %% [markdown]
# # 01. One neuron, one gradient
#
# A neuron multiplies its inputs by weights, adds them up, and bends the sum. To teach it we need to know one thing
# about every weight: *if I turn it up a little, how does the error change?* That number is the derivative of the error
# by the weight. This notebook shows where it comes from.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, explain, grad, steps, tensor
from nn.exercises import check

# %% [markdown]
# ## Turning a knob
#
# Here is an error that depends on one weight. Turn the weight up by a thousandth and see what happens.


# %%
def error(w):
    return (3 * w - 2) ** 2 / 2


w, h = 1.5, 0.001
print("error at w        ", error(w))
print("error at w + 0.001", error(w + h))
print("change per turn   ", (error(w + h) - error(w)) / h)

# %% [markdown]
# The change per turn is close to 7.5. The smaller the turn, the closer; the limit is the derivative. But trying out
# every weight of a network with a million weights would take a million runs. The chain rule gets them all at once.
#
# Make `w` a Tensor that asks for its gradient, compute as before, and call `backward()`:

# %%
w = tensor(1.5, requires_grad=True, name="w")
E = error(w)
E.backward()
print(w.grad)

# %% [markdown]
# ## The chain rule
#
# How did it know? While the error was computed, every operation was noted. They form a graph: `w` goes in on the left,
# the error comes out on the right. Each box has its value and, below it, `grad`: the derivative of the error by this
# box.

# %%
E.name = "E"
draw(E)

# %% [markdown]
# Read it from right to left. The error is half a square, so the square counts half: `grad 0.5`. The derivative of
# $u^2$ is $2u$, and $u$ is 2.5, so what goes in counts $0.5 \cdot 2 \cdot 2.5 = 2.5$. Subtracting 2 changes nothing:
# 2.5 again. Then there was a factor 3: $2.5 \cdot 3 = 7.5$.
#
# That is all of backpropagation: **at each box, multiply what comes from the right with the derivative of that box.**
# Forward, a box waits for all boxes to its left; backward, for all to its right, so that nothing is passed on before it
# is complete. `steps` tells it box by box.

# %%
print(steps(E))

# %% [markdown]
# ## Several paths
#
# What if a number is used twice? Turning `b` up here moves both terms, and the changes add up.

# %%
a = tensor(-4.0, requires_grad=True, name="a")
b = tensor(2.0, requires_grad=True, name="b")
y = a * b + b**3
y.name = "y"
y.backward()
draw(y)

# %% [markdown]
# From `b` to `y` there are two paths. **Along a path we multiply, over all paths we add.** `explain` writes them down:

# %%
print(explain(y, b))

# %% [markdown]
# ## The neuron
#
# Now a real one, with two inputs and the sigmoid $\sigma(z) = 1 / (1 + e^{-z})$, which bends any sum into the interval
# from 0 to 1:
#
# $$z = w_1 x_1 + w_2 x_2 + b \qquad o = \sigma(z) \qquad E = \tfrac12 (o - t)^2$$
#
# The target is $t = 1$.

# %%
x1, x2, t = 0.5, -1.0, 1.0
w1 = tensor(0.8, requires_grad=True, name="w1")
w2 = tensor(0.4, requires_grad=True, name="w2")
b = tensor(0.1, requires_grad=True, name="b")

z = w1 * x1 + w2 * x2 + b
o = z.sigmoid()
E = (o - t) ** 2 / 2
z.name, o.name, E.name = "z", "o", "E"
E.backward()
draw(E, direction="TB")

# %% [markdown]
# The picture can be kept: `draw(E).save("neuron.svg")`, or as `.dot`, `.mermaid` for a web page, and as text for a
# terminal:

# %%
print(draw(E))

# %% [markdown]
# On paper, from the end to the beginning:
#
# | | |
# |---|---|
# | the error by the output | $\partial E / \partial o = o - t$ |
# | the output by the sum | $\sigma'(z) = o (1 - o)$ |
# | the sum by a weight | $\partial z / \partial w_1 = x_1$ |
#
# The product of the first two is called $\delta$: how much the error changes with the sum. Every weight gets $\delta$
# times its own input, and the bias, whose input is 1, gets $\delta$.

# %%
out = o.item()
delta = (out - t) * out * (1 - out)
print(f"{'':8} {'by hand':>12} {'graph':>12}")
for name, hand, weight in [("dE/dw1", delta * x1, w1), ("dE/dw2", delta * x2, w2), ("dE/db", delta, b)]:
    print(f"{name:8} {hand:12.8f} {weight.grad:12.8f}")

# %% [markdown]
# The signs make sense. The output is too small. More $w_1$ would raise it, because $x_1$ is positive, so the error
# falls: a negative gradient. With $w_2$ it is the other way round, because $x_2$ is negative.
#
# ## A neuron that hardly learns
#
# The factor $o(1 - o)$ deserves a look: it is at most $\frac14$, and far out it is almost nothing. A neuron whose sum
# is large is *saturated*. Even when it is completely wrong, its gradient says "stay".

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.2))
nn.plot.activations(nn.Sigmoid(), low=-8, high=8, ax=left).set_title("the sigmoid and its slope")
sums = np.linspace(-8, 8, 201)
slopes = [grad(lambda z: (1 / (1 + np.exp(-z)) - 1) ** 2 / 2)(z) for z in sums]
right.plot(sums, slopes)
right.set(xlabel="z", title="dE/dz when the target is 1")
plt.show()

# %% [markdown]
# On the right side the neuron is right, so there is nothing to learn. On the far left it is wrong, and learns nothing
# either. Notebook 05 has a loss that cures this.
#
# ## Learning
#
# Turning a weight *up* changes the error by the gradient, so we turn it *against* the gradient, a little: the learning
# rate says how much. Then again.

# %%
history = []
for _ in range(60):
    o = (w1 * x1 + w2 * x2 + b).sigmoid()
    E = (o - t) ** 2 / 2
    history.append(E.item())
    for weight in (w1, w2, b):
        weight.grad = None
    E.backward()
    for weight in (w1, w2, b):
        weight.data -= 1.0 * weight.grad

print(f"output {o.item():.3f}, error {history[0]:.4f} -> {history[-1]:.4f}")
ax = nn.plot.learning_curves({"error": history})
ax.set_xlabel("step")
plt.show()

# %% [markdown]
# Two lines are easily forgotten. `weight.grad = None`: gradients add up over calls of `backward()`, as they do over
# paths. And all three gradients are computed *before* any weight is changed; who changes `w1` first and then computes
# the gradient of `w2` takes it at another place.
#
# What we did by hand in this loop is what an optimizer does; from notebook 03 on one does.

# %% [markdown]
# ## Exercises
#
# Work them out on paper and type in a number (three digits are enough). Each check says what you may have slipped on.
#
# **1.** $E = \frac12 (5w - 4)^2$. What is $dE/dw$ at $w = 2$?

# %%
answer_1 = ...

check(
    answer_1,
    grad(lambda w: (5 * w - 4) ** 2 / 2)(2.0),
    name="Exercise 1",
    slips={"the inner derivative, that of 5w - 4, is missing": 6.0},
)

# %% [markdown]
# **2.** A tanh neuron with one input: $z = wx + b$, $o = \tanh z$, $E = \frac12 (o - t)^2$. What is $dE/dw$ for $w =
# 0.6$,
# $x = 2$, $b = -0.2$, $t = 0.5$? The derivative of tanh is $1 - \tanh^2$.

# %%
answer_2 = ...


def tanh_error(w, x=2.0, b=-0.2, t=0.5):
    return (np.tanh(w * x + b) - t) ** 2 / 2


out = np.tanh(1.0)
check(
    answer_2,
    grad(tanh_error)(0.6),
    name="Exercise 2",
    slips={
        "the input x is missing": (out - 0.5) * (1 - out**2),
        "the slope of tanh is missing": (out - 0.5) * 2,
        "you took the slope of the sigmoid, o(1 - o)": (out - 0.5) * out * (1 - out) * 2,
    },
)

# %% [markdown]
# **3.** A bend with two branches: $f(z) = z$ where $z > 0$, and $f(z) = z / 10$ elsewhere. Write its derivative.


# %%
def slope(z): ...


check(slope, grad(lambda z: np.where(z > 0, z, z / 10)), at=[0.0], name="Exercise 3")

# %% [markdown]
# **4.** $c = a b$ and $y = c^2 + a$. What is $dy/da$ at $a = 3$, $b = 2$? Count the paths first.

# %%
answer_4 = ...

check(
    answer_4,
    grad(lambda a, b: (a * b) ** 2 + a)(3.0, 2.0),
    name="Exercise 4",
    slips={
        "the short path, from a straight to y, is missing": 24.0,
        "the long path, by way of c, is missing": 1.0,
        "the link from a to c, which is b, is missing": 13.0,
    },
)

# %% [markdown]
# **5.** A weight is 0.8 and its gradient is -0.3. What is the weight after one step of gradient descent with learning
# rate 0.1?

# %%
answer_5 = ...

weight = tensor(0.8, requires_grad=True)
weight.grad = np.array(-0.3)
optim.SGD([weight], lr=0.1).step()
check(answer_5, weight, start=0.8, name="Exercise 5", factors={"the learning rate": 0.1})

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The outer derivative is $5w - 4 = 6$, the inner one 5.
#
# ```python
# answer_1 = 6 * 5
# ```
#
# **2** $(o - t)(1 - o^2)\, x$ with $o = \tanh 1 = 0.7616$.
#
# ```python
# answer_2 = (0.7616 - 0.5) * (1 - 0.7616**2) * 2
# ```
#
# **3** Each branch has its own derivative.
#
# ```python
# def slope(z):
#     return 1.0 if z > 0 else 0.1
# ```
#
# **4** By way of $c$: $2c \cdot b = 2 \cdot 6 \cdot 2 = 24$. Straight: 1.
#
# ```python
# answer_4 = 24 + 1
# ```
#
# **5** Against the gradient, which is negative: the weight grows.
#
# ```python
# answer_5 = 0.8 + 0.03
# ```
#
# </details>
