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
# # 12. Convolution
#
# *About 45 minutes, with the exercises.*
#
# In an image, the same thing can appear anywhere. A convolutional layer looks at every position with the same small set
# of weights. We build it up from a row of numbers to LeNet, the network that read zip codes in 1989, and train it on
# real digits.

# %%
import numpy as np

import nn
import nn.plot
import optim
from autograd import jacobian
from nn.exercises import check, reveal
from nn.functional import avg_pool2d, conv1d, conv2d, max_pool2d

# %% [markdown]
# ## Along a row
#
# A kernel of three numbers slides along a signal. At every position, it is multiplied by the three numbers below it,
# and the products are added up. The kernel $(-1, 0, 1)$ responds where the signal rises or falls.

# %%
signal = np.float64([0, 0, 0, 2, 2, 2, 2, 5, 5, 5, 1, 1, 1, 1])
kernel = np.float64([-1, 0, 1])


def along(x, k, **options):
    """Slide a kernel along one row of numbers."""
    return conv1d(x[None], k[None, None], **options)[0]


responses = {
    "correlation": along(signal, kernel, padding=1),
    "convolution": along(signal, kernel, padding=1, flip=True),
}
left, right = nn.plot.panels("a signal", "response of the kernel (-1, 0, 1)", share=True)
nn.plot.lines({"signal": signal}, range(14), ax=left, xlabel="position")
ax = nn.plot.lines(responses, range(14), ax=right, xlabel="position")

# %% [markdown]
# There are two curves, because there are two definitions. In deep learning, *convolution* usually means what
# mathematics calls a *correlation*: $y_p = \sum_k w_k x_{p+k}$. The *convolution* of mathematics mirrors the kernel
# first: $y_p = \sum_k w_k x_{p-k}$. The last value of each curve differs from zero because the signal is padded with
# zeros.
#
# A network learns its kernels, and will learn them mirrored if necessary. The difference therefore matters only if you
# bring your own kernel. In that case, use `flip=True` for the mathematical convolution.

# %%
print("np.correlate:", np.correlate(signal, kernel, "valid"))
print("conv1d:      ", along(signal, kernel))
print("np.convolve: ", np.convolve(signal, kernel, "valid"))
print("flip=True:   ", along(signal, kernel, flip=True))

# %% [markdown]
# Move the kernel along the row. Under it are the three products, and their sum is the next number of the output:


# %%
def at(position, ax):
    """In rows: the signal, the kernel at one position, and the output so far."""
    table = np.zeros((3, 14))
    table[0], table[1, position : position + 3] = signal, kernel
    table[2, 1 : position + 2] = along(signal, kernel)[: position + 1]
    nn.plot.matrices({"signal, kernel, output": table}, ax=ax)


nn.plot.frames(at, range(12), name="position", start=6, size=(6.0, 1.6))

# %% [markdown]
# ## A linear layer with two savings
#
# All these sums are linear, so there is a matrix that computes them. Here is the matrix for 7 numbers and a kernel
# of 3. It is the Jacobian. Most entries are zero, because each unit sees only its neighbourhood. All rows contain the
# same three weights, because the weights are shared. This is why the matrix has 35 entries but only 3 parameters.

# %%
matrix = jacobian(lambda x: along(x, np.float64([1, 2, 3])))(np.zeros(7))
ax = nn.plot.matrices({"the matrix of the kernel (1, 2, 3)": matrix})

# %% [markdown]
# For images, the saving is much larger. A fully connected layer from 28 by 28 pixels to as many units has a weight for
# every pair of pixels. A 3 by 3 kernel has nine weights and a bias:

# %%
for name, layer in {"fully connected": nn.Linear(784, 784), "3x3 kernel": nn.Conv2d(1, 1, 3, padding=1)}.items():
    shape = (1, 784) if name == "fully connected" else (1, 1, 28, 28)
    costs = nn.summary(layer, np.zeros(shape, "float32"))
    print(f"{name:16} {costs.parameters:8,} parameters, {costs.multiply_adds:8,} multiply-adds per image")

# %% [markdown]
# A shared weight receives a gradient from every position, and these gradients add up. For $L = \sum_p y_p$, the
# gradient of a weight is the sum of all the numbers it was multiplied by. In general, the gradient of the kernel is
# another correlation: that of the input with the gradient of the output.

# %%
x, g = signal[:6], np.float64([1, -1, 2, 0])
by_engine = jacobian(lambda k: along(x, k))(kernel).T @ g
print("engine:", by_engine, " by hand:", np.correlate(x, g, "valid"))

# %% [markdown]
# ## Over an image
#
# In two dimensions, nothing changes except the number of axes. Here are four kernels applied to a real digit, one of
# the 1,797 that come with the library:

# %%
images, labels = nn.data.digits()
images = images.reshape(-1, 1, 8, 8)
kernels = {
    "horizontal edges": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "vertical edges": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}
digit = images[3:4]
pictures = {"a three": digit[0, 0]}
for name, kernel in kernels.items():
    pictures[name] = conv2d(digit, np.float32(kernel)[None, None], padding=1)[0, 0]
ax = nn.plot.matrices(pictures, numbers=False)

# %% [markdown]
# If the digit moves, the output moves with it, although the layer has learned nothing about the new position:

# %%
edges = np.float32(kernels["vertical edges"])[None, None]
padded = np.pad(digit, ((0, 0), (0, 0), (2, 2), (2, 2)))
moved = np.roll(padded, (1, 2), axis=(2, 3))
answer = np.roll(conv2d(padded, edges), (1, 2), axis=(2, 3))
print(np.array_equal(answer[..., 2:, 2:], conv2d(moved, edges)[..., 2:, 2:]))

# %% [markdown]
# ## Stride, padding, size
#
# The kernel may move by more than one pixel at a time (*stride* $s$), and it may start outside the image, on a
# *padding* of zeros ($p$ on each side). With $n$ pixels and a kernel of $k$, the output has
#
# $$\left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# pixels. To derive the formula, count the positions where the kernel can start.
#
# **Predict.** How many pixels are left of 28, with a kernel of 5, a stride of 2 and a padding of 2?

# %%
guess = ...

layer = nn.Conv2d(1, 1, 5, stride=2, padding=2)
reveal(guess, layer(np.zeros((1, 1, 28, 28), "float32")).shape[2], exercise="12.a")

# %% [markdown]
# We check the formula against the layers themselves.

# %%
settings = [(n, k, s, p) for n in range(5, 29) for k in range(1, 6) for s in range(1, 4) for p in range(3)]
sizes = [nn.Conv2d(1, 1, k, stride=s, padding=p)(np.zeros((1, 1, n, n), "float32")).shape[2] for n, k, s, p in settings]
right = sum(size == (n + 2 * p - k) // s + 1 for size, (n, k, s, p) in zip(sizes, settings, strict=True))
print(f"the formula is right for {right} of {len(settings)} settings")
print("28 pixels, kernel 5:", {f"stride {s}, padding {p}": (28 + 2 * p - 5) // s + 1 for s in (1, 2) for p in (0, 2)})

# %% [markdown]
# *Pooling* shrinks an image without using any weights: it replaces every square by its largest number, or by its mean.

# %%
table = np.float64([[1, 2, 0, 1], [5, 3, 1, 0], [0, 2, 9, 4], [1, 1, 3, 8]])
pooled = {"largest": max_pool2d(table[None], 2)[0], "mean": avg_pool2d(table[None], 2)[0]}
ax = nn.plot.matrices({"image": table, **pooled})

# %% [markdown]
# ## LeNet, 1989
#
# LeCun and others at Bell Labs wanted to read handwritten zip codes. Their network works on images of 16 by 16 pixels:
#
# - **H1**: 12 maps of 8 by 8 units, with kernels of 5 by 5 and stride 2. All units of a map share their 25 weights, but
#   every unit has its own bias.
# - **H2**: 12 maps of 4 by 4 units, each of which sees 8 of the 12 maps in H1.
# - **H3**: 30 units, connected to all units of H2, and then **10 outputs**.
#
# **Predict.** How many parameters does H1 have?

# %%
guess = ...

lenet = nn.models.LeNet1989(rng=0)
reveal(guess, sum(p.size for p in lenet.h1.parameters()), exercise="12.b")

# %%
nn.summary(lenet, np.zeros((1, 1, 16, 16), "float32"))

# %% [markdown]
# Let us count the connections, treating the bias as one more input. H1 has 768 units, and each of them sees 25 pixels
# and a bias. That makes 19,968 connections, but only 1,068 parameters.

# %%
h1 = 768 * (25 + 1), 12 * 25 + 768
h2 = 192 * (8 * 25 + 1), 12 * 8 * 25 + 192
h3 = 30 * (192 + 1), 30 * (192 + 1)
out = 10 * (30 + 1), 10 * (30 + 1)
connections, parameters = np.sum([h1, h2, h3, out], axis=0).tolist()
print("       connections  parameters")
for name, row in {"H1": h1, "H2": h2, "H3": h3, "output": out, "total": (connections, parameters)}.items():
    print(f"{name:6} {row[0]:11,} {row[1]:11,}")

assert [h1, h2, h3, out] == [(19_968, 1_068), (38_592, 2_592), (5_790, 5_790), (310, 310)]
assert connections == lenet.connections == 64_660
assert parameters == sum(p.size for p in lenet.parameters()) == 9_760
print("units:", 256 + 768 + 192 + 30 + 10)

# %% [markdown]
# Without shared weights and local connections, H1 alone would have $768 \cdot 256 = 196{,}608$ weights. (A slide says
# 199,608; one digit is wrong.)
#
# Now we train the network. Our digits have 8 by 8 pixels, so every pixel becomes four. As in the paper, images and
# targets lie between -1 and 1, all units are tanh units, and the loss is the squared error.

# %%
large = 2 * np.kron(images, np.ones((2, 2), "float32")) - 1
x_train, x_test, y_train, y_test = nn.data.train_test_split(large, labels, test_size=0.2, stratify=labels, seed=0)


def target(y):
    """1 for the correct digit, -1 for all others."""
    return (2 * nn.data.one_hot(y, 10) - 1).astype("float32")


first = lenet.h1.weight.numpy().copy()
history = nn.fit(
    lenet,
    (x_train, target(y_train)),
    loss=nn.MSELoss(),
    optimizer=lambda p: optim.Adam(p, lr=0.003),
    epochs=20,
    seed=0,
    show=False,
)
answers = nn.predict(lenet, x_test).argmax(axis=1)
print(f"loss {history['loss'][0]:.3f} -> {history['loss'][-1]:.3f}")
print(f"accuracy on the test digits: {np.mean(answers == y_test):.1%}")

# %% [markdown]
# Which digits does it confuse?

# %%
ax = nn.plot.confusion_matrix(answers, y_test)

# %% [markdown]
# Here are the twelve kernels of H1 before and after training. The random numbers have turned into smoother patches:
# blue for positive weights, orange for negative ones.

# %%
for then, weights in {"before": first, "after": lenet.h1.weight.numpy()}.items():
    ax = nn.plot.matrices({f"{then} {i}": kernel[0] for i, kernel in enumerate(weights, 1)}, numbers=False)

# %% [markdown]
# And here is the response of the twelve maps to one image, a four. Each map has 8 by 8 units.

# %%
four = x_test[y_test == 4][:1]
maps = np.tanh(lenet.h1(four)).numpy()[0]
shown = {"image": four[0, 0, ::2, ::2] + 1} | {str(i): unit_map for i, unit_map in enumerate(maps, 1)}
ax = nn.plot.matrices(shown, numbers=False)

# %% [markdown]
# ## The network of the convnetjs demo
#
# This demo trains in the browser, on MNIST images cropped to 24 by 24 pixels:
#
# | layer | output | parameters |
# |---|---|---|
# | conv 5x5, 8 filters, stride 1, padding 2, ReLU | 8 x 24 x 24 | $8 \cdot 25 + 8 = 208$ |
# | pool 2, stride 2 | 8 x 12 x 12 | |
# | conv 5x5, 16 filters, stride 1, padding 2, ReLU | 16 x 12 x 12 | $16 \cdot 8 \cdot 25 + 16 = 3{,}216$ |
# | pool 3, stride 3 | 16 x 4 x 4 | |
# | softmax, 10 classes | 10 | $10 \cdot 256 + 10 = 2{,}570$ |
#
# A lecture asks its students to replace part of this network with one fully connected layer of 32 units. We replace the
# entire convolutional part.


# %%
def convnet():
    rng = np.random.default_rng(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(3),
        nn.Flatten(), nn.Linear(256, 10, rng=rng),
    )  # fmt: skip


def fully_connected():
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(576, 32, rng=rng), nn.ReLU(), nn.Linear(32, 10, rng=rng))


def count(model):
    """The number of parameters of a model."""
    return sum(p.size for p in model.parameters())


assert count(convnet()) == 208 + 3_216 + 2_570 == 5_994
assert count(fully_connected()) == 576 * 32 + 32 + 32 * 10 + 10 == 18_794
nn.summary(convnet(), np.zeros((1, 1, 24, 24), "float32"))

# %% [markdown]
# Which network is better? We use our own digits, enlarge every pixel to nine, and train on only 500 of them. The
# training settings are those of the demo: AdaDelta, batches of 20 and a weight decay of 0.001. We test twice: on
# unchanged digits, and on digits shifted to the right by one of the original pixels.
#
# **Predict.** How much worse is the *convolutional* network on the shifted digits, `"hardly"` or `"much"`?

# %%
guess = ...

big = np.kron(images, np.ones((3, 3), "float32"))
x_train, x_test, y_train, y_test = nn.data.train_test_split(big, labels, test_size=0.2, stratify=labels, seed=0)
x_train, y_train = x_train[:500], y_train[:500]
moved = np.roll(x_test, 3, axis=3)
moved[..., :3] = 0
rows = []
for name, model in {"convolutional": convnet(), "fully connected": fully_connected()}.items():
    optimizer = optim.preset("adadelta-convnetjs", optim.decay_groups(model))
    nn.fit(
        model,
        (x_train, y_train),
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        batch_size=20,
        epochs=8,
        seed=0,
        show=False,
    )
    scores = [nn.metrics.accuracy(nn.predict(model, x), y_test) for x in (x_test, moved)]
    rows.append(f"{name:17} {count(model):10,} {scores[0]:6.1%}  {scores[1]:7.1%}")
reveal(guess, exercise="12.c")

# %%
print("                  parameters   test  shifted", *rows, sep="\n")

# %% [markdown]
# The convolutional network is better with a third of the parameters. But a shift by one pixel costs both networks
# dearly. A convolution shifts its output along with its input, so why does that not help more? The last layer is fully
# connected: it has a separate weight for every position in the pooled maps, and during training the digits were always
# centred. Besides, the shift amounts to half a cell of the pooled maps, so the values in the maps change as well.
# Notebook 10 has a remedy: train on shifted digits.

# %% [markdown]
# ## Where is it? Intersection over union
#
# A detector says not only *what* it sees but also *where*. Its answer is compared with the truth by *intersection over
# union* (IoU): the size of the overlap, divided by the size of what both cover together. An answer counts as correct if
# its IoU is above a threshold, usually 0.5. `nn.metrics.box_iou` does this for boxes. For masks (one yes or no per
# pixel) and for boxes of voxels in three dimensions, IoU takes one line:


# %%
def mask_iou(a, b):
    """Intersection over union of two arrays of booleans, of any number of dimensions."""
    return np.sum(a & b) / np.sum(a | b)


print("boxes:        ", nn.metrics.box_iou([[0, 0, 2, 2]], [[1, 1, 3, 3]]).item())
square = np.zeros((2, 3, 3), bool)
square[0, :2, :2] = square[1, 1:, 1:] = True
print("their masks:  ", mask_iou(*square))

rows, columns = np.indices((40, 40)) - 19.5
disc = rows**2 + columns**2 < 15**2
print("two discs:    ", mask_iou(disc, np.roll(disc, 10, axis=1)).round(4))

cube = np.zeros((2, 3, 3, 3), bool)
cube[0, :2, :2, :2] = cube[1, 1:, 1:, 1:] = True
print("two 3-D boxes:", mask_iou(*cube), "= 1 / (8 + 8 - 1)")

# %% [markdown]
# ## Other kinds of networks
#
# Two more kinds appear in the lectures. An **autoencoder** learns to reproduce its input through a narrow layer. Four
# one-hot inputs pass through two tanh units. To tell the four apart afterwards, the network has to invent a code:

# %%
words = np.eye(4, dtype="float32")
autoencoder = nn.MLP([4, 2, 4], "tanh", rng=0)
optimizer = optim.Adam(autoencoder.parameters(), lr=0.1)
for _ in range(150):
    optimizer.zero_grad()
    nn.CrossEntropyLoss()(autoencoder(words), words).backward()
    optimizer.step()
for word, code, answer in zip(words, autoencoder[:2](words).numpy(), autoencoder(words).numpy(), strict=True):
    print(f"{word}  code {code.round(1)}  answer {np.eye(4)[answer.argmax()]}")

# %% [markdown]
# A **recurrent network** reads a sequence one step at a time and hands a state from step to step. An **LSTM** has a
# second state, protected by gates. Both are trained here to repeat the first number of a sequence after reading ten.


# %%
def remember(recurrent, steps=150):
    """The share of correct answers in the last 20 steps."""
    rng, read = np.random.default_rng(0), nn.Linear(16, 1, rng=0)
    optimizer = optim.Adam([*recurrent.parameters(), *read.parameters()], lr=0.01)
    right = []
    for _ in range(steps):
        sequences = rng.choice([-1.0, 1.0], (10, 32, 1)).astype("float32")  # time, sample, feature
        first = (sequences[0] > 0).astype("float32")
        outputs, _ = recurrent(sequences)
        scores = read(outputs[-1])
        optimizer.zero_grad()
        nn.BCEWithLogitsLoss()(scores, first).backward()
        optimizer.step()
        right.append(np.mean((scores.numpy() > 0) == first))
    return np.mean(right[-20:])


for kind in [nn.RNN, nn.LSTM]:
    nn.manual_seed(0)
    print(f"{kind.__name__:4} {remember(kind(1, 16)):.0%} correct")

# %% [markdown]
# A **bidirectional** network also reads the sequence from the end, and joins the outputs of both directions:

# %%
outputs, _ = nn.LSTM(1, 16, bidirectional=True)(np.zeros((10, 32, 1), "float32"))
print("time, sample, features:", outputs.shape)

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("12.1")` gives a hint for exercise 1, and `nn.exercises.hint("12.1", 2)` a
# stronger one.
#
# **1.** What is the mathematical *convolution* of the signal (2, 0, 1, 3) with the kernel (1, 2), without padding?

# %%
result = ...

check(result, exercise="12.1")

# %% [markdown]
# **2.** A convolution runs over `n` numbers with a kernel of length `k`, a stride of `s`, and `p` zeros on each side.
# How long is its output?


# %%
def size(n, k, s, p):
    """The length of the output."""
    return ...


check(size, exercise="12.2")

# %% [markdown]
# **3.** `nn.Conv2d(3, 16, 5)` makes 16 maps from colour images. How many parameters does it have?

# %%
parameters_of_conv = ...

check(parameters_of_conv, exercise="12.3")

# %% [markdown]
# **4.** Let $y_p = w_1 x_p + w_2 x_{p+1}$. The input is (1, 3, 2), and the gradient of the loss with respect to $y$ is
# (1, -2). What is the gradient with respect to $w$?

# %%
gradient = ...

check(gradient, exercise="12.4")

# %% [markdown]
# **5.** The layer H1 of LeNet once more. How many connections would it have if its kernels were 3 by 3, with padding
# chosen so that there are still 12 maps of 8 by 8 units?

# %%
connections_of_h1 = ...

check(connections_of_h1, exercise="12.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The mirrored kernel is (2, 1), so the values are $2 \cdot 2 + 0$, $0 + 1$ and $2 \cdot 1 + 3$.
#
# ```python
# result = [4, 1, 5]
# ```
#
# **2** Count the positions where the kernel can start: the first one, and one more for every whole stride that still
# fits.
#
# ```python
# def size(n, k, s, p):
#     return (n + 2 * p - k) // s + 1
# ```
#
# **3** There are 16 kernels of 3 by 5 by 5, and 16 biases.
#
# ```python
# parameters_of_conv = 16 * 3 * 5 * 5 + 16
# ```
#
# **4** The first weight was multiplied by 1 and 3, and the second one by 3 and 2.
#
# ```python
# gradient = [1 * 1 - 2 * 3, 1 * 3 - 2 * 2]
# ```
#
# **5** There are 768 units, each connected to 9 pixels and a bias.
#
# ```python
# connections_of_h1 = 12 * 8 * 8 * (3 * 3 + 1)
# ```
#
# </details>
