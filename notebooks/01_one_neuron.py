# %% [markdown]
# # 01. One neuron, one gradient
#
# *About 35 minutes, with the exercises.*
#
# A neuron multiplies its inputs by weights, adds up the products, and passes the sum through a nonlinear function. To
# train it, we need the answer to one question about every weight: *if I increase it a little, how does the error
# change?* The answer is the derivative of the error with respect to that weight. This notebook shows how that
# derivative is computed.
#
# Before some outputs, you are asked to **predict** them. Replace the dots with your guess, run the cell, and compare. A
# wrong guess helps as well, because you will remember the surprise. To begin without the stored outputs, choose *Clear
# Outputs of All Cells* in the menu *Edit*.

# %%
import numpy as np

import nn
import nn.plot
from autograd import draw, explain, grad, steps, tensor
from nn.exercises import check, reveal

# %% [markdown]
# ## Nudging a weight
#
# Here is an error that depends on a single weight. We are going to increase the weight from 1.5 to 1.501.
#
# **Predict.** How fast will the error change, per unit of the weight?


# %%
guess = ...


def error(w):
    return (3 * w - 2) ** 2 / 2


w, h = 1.5, 0.001
reveal(guess, (error(w + h) - error(w)) / h, exercise="01.a")

# %%
print("error at w        ", error(w))
print("error at w + 0.001", error(w + h))
print("rate of change    ", (error(w + h) - error(w)) / h)

# %% [markdown]
# The rate of change is close to 7.5. The smaller the step, the closer the rate comes to its limit, the derivative. In a
# picture of the error, the derivative is the slope of the tangent. Move the weight: where is the slope zero, and on
# which side of that point is it negative?


# %%
def tangent(w, ax):
    """The error, and its tangent at one weight."""
    slope = grad(error)(w)
    curves = {"error": error, "tangent": lambda x: error(w) + slope * (x - w), "here": ([w], [error(w)])}
    title = f"error {error(w):.3f}, slope {slope:.2f}"
    nn.plot.lines(curves, np.linspace(-0.6, 2.0, 40), ax=ax, xlabel="w", ylim=(-3, 9), title=title)


nn.plot.frames(tangent, np.linspace(-0.5, 1.9, 25), name="w", start=20)

# %% [markdown]
# We could estimate every derivative this way, but a network with a million weights would need a million runs. The chain
# rule computes all of them in a single pass.
#
# To use it, make `w` a Tensor that requires a gradient, compute the error as before, and call `backward()`:

# %%
w = tensor(1.5, requires_grad=True, name="w")
E = error(w)
E.backward()
print(w.grad)

# %% [markdown]
# ## The chain rule
#
# How did the library find this number? It recorded every operation while it computed the error. The recorded operations
# form a graph: `w` enters on the left, and the error comes out on the right. Each box shows its value and, below it,
# `grad`: the derivative of the error with respect to that value.

# %%
E.name = "E"
draw(E)

# %% [markdown]
# Read the graph from right to left. The error is half of a square, so the derivative with respect to the square is
# `grad 0.5`. The derivative of $u^2$ is $2u$, and here $u$ is 2.5, so the value before the square has the gradient
# $0.5 \cdot 2 \cdot 2.5 = 2.5$. Subtracting 2 does not change the gradient: it is still 2.5. The weight was multiplied
# by 3, so its gradient is $2.5 \cdot 3 = 7.5$.
#
# That is all there is to backpropagation: **at each box, multiply the gradient that arrives from the right by the
# derivative of that box.** In the forward pass, a box is computed once all the boxes to its left are known. In the
# backward pass, it waits for all the boxes to its right, so that its gradient is complete before it is passed on.
# `steps` walks through both passes box by box. Press the arrow keys or *play*.

# %%
steps(E)

# %% [markdown]
# ## Several paths
#
# What happens if a number is used twice? In this example, increasing `b` changes both terms, and the two changes add
# up.
#
# **Predict.** What is the derivative of $y = a b + b^3$ with respect to $b$, at $a = -4$ and $b = 2$?

# %%
guess = ...

a = tensor(-4.0, requires_grad=True, name="a")
b = tensor(2.0, requires_grad=True, name="b")
y = a * b + b**3
y.name = "y"
y.backward()
reveal(guess, b.grad, exercise="01.b")

# %%
draw(y)

# %% [markdown]
# There are two paths from `b` to `y`. **Multiply the derivatives along each path, then add the products of all paths.**
# `explain` writes this calculation out:

# %%
print(explain(y, b))

# %% [markdown]
# ## The neuron
#
# Now for a real neuron. It has two inputs and the sigmoid activation $\sigma(z) = 1 / (1 + e^{-z})$, which maps any sum
# to a number between 0 and 1:
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
# `draw(E).save("neuron.svg")` saves the picture. The suffixes `.dot` and `.mermaid` (for web pages) work as well. In a
# terminal, print the picture as text:

# %%
print(draw(E))

# %% [markdown]
# On paper, we work backwards from the error:
#
# | | |
# |---|---|
# | error with respect to the output | $\partial E / \partial o = o - t$ |
# | output with respect to the sum | $\sigma'(z) = o (1 - o)$ |
# | sum with respect to a weight | $\partial z / \partial w_1 = x_1$ |
#
# The product of the first two is called $\delta$: the derivative of the error with respect to the sum. The gradient of
# each weight is $\delta$ times its input. The bias acts like a weight whose input is always 1, so its gradient is
# $\delta$ itself.

# %%
out = o.item()
delta = (out - t) * out * (1 - out)
print(f"{'':8} {'by hand':>12} {'graph':>12}")
for name, hand, weight in [("dE/dw1", delta * x1, w1), ("dE/dw2", delta * x2, w2), ("dE/db", delta, b)]:
    print(f"{name:8} {hand:12.8f} {weight.grad:12.8f}")

# %% [markdown]
# The signs make sense. The output is too small. Because $x_1$ is positive, a larger $w_1$ would raise the output and
# reduce the error, so its gradient is negative. For $w_2$ it is the other way round, because $x_2$ is negative.
#
# ## A neuron that hardly learns
#
# **Predict.** The sum of a neuron is $z = -8$, so its output is 0.0003, but the target is 1. The neuron could hardly be
# more wrong. Is the derivative of its error with respect to $z$ `"large"` or `"small"`?

# %%
guess = ...

reveal(guess, exercise="01.c")

# %% [markdown]
# The factor $o(1 - o)$ deserves a closer look: it is never larger than $\frac14$, and far from zero it almost vanishes.
# A neuron whose sum is large in absolute value is called *saturated*. Even if its output is completely wrong, its
# gradient is close to zero, so its weights hardly move.

# %%
sums = np.linspace(-8, 8, 201)
slopes = [grad(lambda z: (1 / (1 + np.exp(-z)) - 1) ** 2 / 2)(z) for z in sums]
left, right = nn.plot.panels("the sigmoid and its derivative", "derivative of the error for the target 1")
nn.plot.activations(nn.Sigmoid(), low=-8, high=8, ax=left)
ax = nn.plot.lines({"dE/dz": slopes}, sums, ax=right, xlabel="z")

# %% [markdown]
# On the far right the output is already correct, so there is nothing to learn. On the far left the output is wrong, yet
# the gradient is just as small, so the neuron does not learn there either. Notebook 06 introduces a loss that fixes
# this.
#
# ## Learning
#
# The gradient tells us how the error grows when a weight *increases*, so we move each weight a little in the *opposite*
# direction. The learning rate sets the size of the step. Then we repeat.

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
ax = nn.plot.lines({"error": history}, range(60), xlabel="step")

# %% [markdown]
# Two details are easy to get wrong. First, gradients accumulate over calls of `backward()`, just as they add up over
# paths, so the loop has to reset them with `weight.grad = None`. Second, all three gradients must be computed *before*
# any weight changes. If you changed `w1` first and then computed the gradient of `w2`, you would get the gradient at a
# different point.
#
# The updates in this loop are the job of an optimizer. From the next notebook on, we let one do them.

# %% [markdown]
# ## Exercises
#
# Work these out on paper and type in the result; three digits are enough. If your answer is wrong, the check tells you
# which mistake you probably made.
#
# If you are stuck, `nn.exercises.hint("01.1")` gives a hint for exercise 1, and `nn.exercises.hint("01.1", 2)` a
# stronger one.
#
# **1.** $E = \frac12 (5w - 4)^2$. What is $dE/dw$ at $w = 2$?

# %%
answer_1 = ...

check(answer_1, exercise="01.1")

# %% [markdown]
# **2.** A tanh neuron with one input computes $z = wx + b$ and $o = \tanh z$, and its error is $E = \frac12 (o - t)^2$.
# What is $dE/dw$ for $w = 0.6$, $x = 2$, $b = -0.2$ and $t = 0.5$? The derivative of tanh is $1 - \tanh^2$.

# %%
answer_2 = ...

check(answer_2, exercise="01.2")

# %% [markdown]
# **3.** A function with two branches: $f(z) = z$ where $z > 0$, and $f(z) = z / 10$ elsewhere. Write its derivative.


# %%
def slope(z): ...


check(slope, exercise="01.3")

# %% [markdown]
# **4.** Let $c = a b$ and $y = c^2 + a$. What is $dy/da$ at $a = 3$, $b = 2$? Count the paths first.

# %%
answer_4 = ...

check(answer_4, exercise="01.4")

# %% [markdown]
# **5.** A weight is 0.8 and its gradient is -0.3. What is the weight after one step of gradient descent with a learning
# rate of 0.1?

# %%
answer_5 = ...

check(answer_5, exercise="01.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The outer derivative is $5w - 4 = 6$, and the inner one is 5.
#
# ```python
# answer_1 = 6 * 5
# ```
#
# **2** The derivative is $(o - t)(1 - o^2)\, x$ with $o = \tanh 1 = 0.7616$.
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
# **4** The path through $c$ contributes $2c \cdot b = 2 \cdot 6 \cdot 2 = 24$, and the direct path contributes 1.
#
# ```python
# answer_4 = 24 + 1
# ```
#
# **5** The step goes against the gradient. The gradient is negative, so the weight grows.
#
# ```python
# answer_5 = 0.8 + 0.03
# ```
#
# </details>
