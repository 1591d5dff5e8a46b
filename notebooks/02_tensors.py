# %% [markdown]
# # 02. Tensors and broadcasting
#
# Networks compute with arrays: a batch of samples, a matrix of weights. Nothing new happens to the chain rule, but its
# sums over paths now hide in the shapes. One rule guides through all of it: **a gradient has the shape of the thing it
# belongs to**, because it answers one question for each entry.

# %%
import numpy as np

import nn
import nn.plot
from autograd import draw, explain, grad, tensor
from nn.exercises import check

# %% [markdown]
# ## One number for each entry
#
# A loss is a single number. Its gradient by an array says for every entry how the loss changes when this entry is
# turned up.

# %%
x = tensor([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]], requires_grad=True, name="x")
loss = (x**2).sum()
loss.backward()
ax = nn.plot.matrices({"x": x, "d loss / d x": x.grad})

# %% [markdown]
# From something that is no single number, `backward()` does not know where to start: which entry do you mean? All the
# same? It asks.

# %%
try:
    (x**2).backward()
except ValueError as error:
    print(error)

# %% [markdown]
# So the backward pass always carries an array $G$ from the right: how much each entry of a result counts. An operation
# that works entry by entry multiplies it with its own derivative, entry by entry: here $G \cdot 2x$.
#
# ## What was spread is summed
#
# The interesting case is an array that meets a larger one. NumPy *broadcasts*: it acts as if the row `b` were copied
# below itself until it fits.

# %%
X = tensor(np.arange(12.0).reshape(4, 3), name="X")
b = tensor([10.0, 20.0, 30.0], requires_grad=True, name="b")
Y = X + b
ax = nn.plot.matrices({"X": X, "b": b, "X + b": Y})

# %% [markdown]
# Turn up `b[0]`, and four entries of the result grow. Four paths lead from `b[0]` to the loss, and over paths we add:

# %%
G = np.array([[1.0, 2.0, 0.0], [1.0, -1.0, 0.0], [2.0, 0.0, 3.0], [0.0, 0.0, 1.0]])
loss = (Y * G).sum()
loss.name = "loss"
print(explain(loss, b, at=0))

# %% [markdown]
# So the gradient of `b` is the sum of $G$ over the axis along which `b` was copied. **Spreading forward is summing
# backward.** And the other way round: what `sum` does forward, its gradient undoes by spreading.

# %%
loss.backward()
ax = nn.plot.matrices({"G": G, "d loss / d b": b.grad})

# %% [markdown]
# Axes are spread in two ways: they were missing (NumPy adds them in front), or they had length 1. A column that meets a
# row is the case where both happen.

# %%
column = tensor([[1.0], [2.0], [3.0], [4.0]], requires_grad=True, name="column")
row = tensor([10.0, 20.0, 30.0], requires_grad=True, name="row")
((column + row) * G).sum().backward()
ax = nn.plot.matrices({"G": G, "column": column.grad, "row": row.grad})

# %% [markdown]
# The rule in code. The engine has it in one place, so that no rule of any operation needs to think of shapes:


# %%
def unbroadcast(g, shape):
    """Sum g over the axes along which an array of this shape was spread."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] > 1)
    return g.sum(axis=stretched, keepdims=True)


print(unbroadcast(G, (3,)), unbroadcast(G, (4, 1)).ravel(), unbroadcast(G, ()))

# %% [markdown]
# ## The trap
#
# Broadcasting also works where nobody wanted it. Predictions of shape (4, 1) minus targets of shape (4,) are a column
# minus a row: a table of all with all.

# %%
prediction = np.array([[1.0], [2.0], [3.0], [4.0]])
target = np.array([1.0, 2.0, 3.0, 4.0])
ax = nn.plot.matrices({"prediction": prediction, "target": target, "prediction - target": prediction - target})

# %% [markdown]
# The predictions are perfect, but the mean of the squares is not zero, and training would lead away. No error, no
# warning. This is why the losses of `nn` insist on equal shapes:

# %%
try:
    nn.MSELoss()(prediction, target)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Matrix products
#
# A layer computes $Y = X W$: 4 samples of 3 features, 2 outputs. $G$ has the shape of $Y$. What are the gradients of
# $X$ and $W$? The shapes leave hardly a choice. To get from (4, 3) and (4, 2) to the (3, 2) of $W$ by a product, the
# four samples must be summed over:
#
# $$\frac{\partial L}{\partial W} = X^\top G \qquad\qquad \frac{\partial L}{\partial X} = G\, W^\top$$

# %%
rng = np.random.default_rng(0)
X = tensor(rng.integers(-2, 3, (4, 3)).astype(float), requires_grad=True, name="X")
W = tensor(rng.integers(-2, 3, (3, 2)).astype(float), requires_grad=True, name="W")
Y = X @ W
loss = (Y**2).sum() / 2
Y.name, loss.name = "Y", "loss"
loss.backward()
ax = nn.plot.matrices({"X": X, "W": W, "G = Y": Y, "X.T @ G": X.T @ Y, "W.grad": W.grad})

# %%
print(explain(loss, W))

# %% [markdown]
# The sum over samples in $X^\top G$ is the same thing again: every sample uses the same $W$, so there is a path through
# each.
#
# ## Sums, means, maxima
#
# | forward | backward |
# |---|---|
# | `sum` | every entry gets $G$ |
# | `mean` over $N$ | every entry gets $G / N$ |
# | `max` | the largest entry gets $G$, the others 0 |

# %%
values = np.array([[1.0, 5.0, 2.0], [4.0, 0.0, 3.0]])
gradients = {f"gradient of x.{f.__name__}()": grad(f)(values) for f in (np.sum, np.mean, np.max)}
ax = nn.plot.matrices({"x": values, **gradients})

# %% [markdown]
# ## Picking entries
#
# Indexing sends the gradient back to the places it came from, zeros elsewhere. An entry that was taken twice has two
# paths.

# %%
x = tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True, name="x")
picked = x[[0, 2, 2]]
(picked * np.array([10.0, 1.0, 5.0])).sum().backward()
ax = nn.plot.matrices({"x": x, "x[[0, 2, 2]]": picked, "G": np.array([10.0, 1.0, 5.0]), "x.grad": x.grad})

# %% [markdown]
# Putting values in is harder to allow: the graph remembers the old array. So a Tensor is never changed in place. `at`
# makes a new one, and the gradient knows which entries are left of the old:

# %%
try:
    x[1] = 0.0
except TypeError as error:
    print(error)

x.grad = None
y = x.at[1].set(0.0)
(y**2).sum().backward()
ax = nn.plot.matrices({"x": x, "y": y, "x.grad": x.grad})

# %% [markdown]
# Slices, `reshape`, `.T` and `.numpy()` are *views*, as in NumPy: no numbers are copied. `x.numpy()` may be read, not
# written. To change the start of a graph between two steps, as an optimizer does, write to `x.data`. Whoever does that
# too early, between the forward pass and `backward()`, is told:

# %%
loss = (x**2).sum()
x.data -= 0.1
try:
    loss.backward()
except RuntimeError as error:
    print(error)

# %% [markdown]
# ## All together
#
# A layer with bias and ReLU for a batch of four. Find each sum: where is the batch summed over?

# %%
X = tensor(rng.normal(size=(4, 3)).round(1), name="X")
W = tensor(rng.normal(size=(3, 2)).round(1), requires_grad=True, name="W")
b = tensor(np.zeros(2), requires_grad=True, name="b")
loss = np.mean((X @ W + b).relu())
loss.name = "loss"
loss.backward()
draw(loss, direction="TB")

# %%
print(explain(loss, b))

# %% [markdown]
# ## Exercises
#
# **1.** `X` has shape (5, 4), `w` shape (4,) and `c` shape (5, 1). The loss is `np.sum(X * w + c)`. Which shapes have
# the gradients of `w` and of `c`? Answer with two tuples.

# %%
shape_of_w = ...
shape_of_c = ...


def loss_1(w, c):
    return np.sum(np.ones((5, 4)) * w + c)


gradients = grad(loss_1, argnums=(0, 1))(np.ones(4), np.ones((5, 1)))
check(shape_of_w, gradients[0].shape, name="Exercise 1, w", slips={"you have the shape of X * w": (5, 4)})
check(shape_of_c, gradients[1].shape, name="Exercise 1, c", slips={"you have the shape of X * w + c": (5, 4)})

# %% [markdown]
# **2.** `loss = np.sum(C * (X + b))` with the matrix `C` below, `X` of shape (4, 3) and `b` of shape (3,). What is the
# gradient of `b`? Write it as an expression of `C`.

# %%
C = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0], [4.0, 0.0, 1.0], [1.0, 1.0, 2.0]])
answer_2 = ...

check(answer_2, grad(lambda b: np.sum(C * (np.ones((4, 3)) + b)))(np.zeros(3)), name="Exercise 2")

# %% [markdown]
# **3.** A layer whose weight has shape (out, in), as in `nn.Linear`: $Y = X W^\top$. Write the gradient of $W$ for a
# given
# $G$.


# %%
def weight_gradient(G, X): ...


check(
    weight_gradient,
    lambda G, X: grad(lambda W: np.sum(G * (X @ W.T)))(np.zeros((G.shape[1], X.shape[1]))),
    at=[np.zeros((5, 2)), np.zeros((5, 3))],
    name="Exercise 3",
)

# %% [markdown]
# **4.** `loss = np.mean(a**2)` where `a` has eight entries. Write the gradient of `a`.


# %%
def mean_square_gradient(a): ...


check(mean_square_gradient, grad(lambda a: np.mean(a**2)), at=[np.zeros(8)], factors={"N": 8}, name="Exercise 4")

# %% [markdown]
# **5.** `x` has four entries, and `loss = np.sum(x[[3, 1, 3]])`. What is the gradient of `x`?

# %%
answer_5 = ...

check(
    answer_5,
    grad(lambda x: np.sum(x[[3, 1, 3]]))(np.zeros(4)),
    name="Exercise 5",
    slips={
        "an entry that was taken twice counts only once": np.array([0.0, 1.0, 0.0, 1.0]),
        "this is the gradient of the picked entries, not of x": np.ones(3),
    },
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Those of the things themselves.
#
# ```python
# shape_of_w = (4,)
# shape_of_c = (5, 1)
# ```
#
# **2** `b` was spread over the four rows.
#
# ```python
# answer_2 = C.sum(axis=0)
# ```
#
# **3** (out, in) from (batch, out) and (batch, in): the batch is summed over.
#
# ```python
# def weight_gradient(G, X):
#     return G.T @ X
# ```
#
# **4** The mean gives every entry 1/8.
#
# ```python
# def mean_square_gradient(a):
#     return 2 * a / 8
# ```
#
# **5** Entry 3 has two paths.
#
# ```python
# answer_5 = [0, 1, 0, 2]
# ```
#
# </details>
