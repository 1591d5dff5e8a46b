"""Graphs to draw: built on the engine alone, with module calls opened by hand; only LeNet is made by `nn`."""

import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import tensor
from autograd.engine.graph import STATE, Frame
from autograd.engine.tensor import Tensor
from autograd.ops.fused import linear
from nn import MSELoss
from nn.models import LeNet1989


class Parameter(Tensor):
    """What `nn` calls a parameter, as far as the graph sees it."""

    __slots__ = ()
    _kind = "parameter"


@contextmanager
def call(label, path=None):
    """Inside a call of a module."""
    state = STATE.get()
    token = STATE.set(state.replace(scope=Frame(label, path, state.scope)))
    try:
        yield
    finally:
        STATE.reset(token)


def micrograd():
    """The expression of micrograd's README, with its backward pass."""
    a = tensor(-4.0, requires_grad=True, name="a")
    b = tensor(2.0, requires_grad=True, name="b")
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    e.name, f.name, g.name = "e", "f", "g"
    g.backward()
    return g


def mazur(parameters=None):
    """Mazur's network of two inputs, two hidden and two output neurons; ``parameters`` collects them by name."""
    weights = {
        "hidden.weight": [[0.15, 0.2], [0.25, 0.3]],
        "hidden.bias": [0.35, 0.35],
        "output.weight": [[0.4, 0.45], [0.5, 0.55]],
        "output.bias": [0.6, 0.6],
    }
    p = {name: Parameter(np.array(data), requires_grad=True, name=name) for name, data in weights.items()}
    if parameters is not None:
        parameters.update(p)
    x, target = tensor([0.05, 0.1], name="x"), tensor([0.01, 0.99], name="target")
    with call("Linear", "hidden"):
        net = p["hidden.weight"] @ x + p["hidden.bias"]
    hidden = net.sigmoid()
    with call("Linear", "output"):
        net = p["output.weight"] @ hidden + p["output.bias"]
    error = ((target - net.sigmoid()) ** 2).sum() * 0.5
    error.name = "E_total"
    error.backward()
    return error


def mlp(sizes=(64, 64, 10), rows=5, keep=None):
    """Linear layers with relu between them, in a model; ``keep`` collects its parameters."""
    rng = np.random.default_rng(0)
    h = tensor(rng.standard_normal((rows, sizes[0])).astype(np.float32), name="x")
    with call("MLP", "model"):
        for i, (n, m) in enumerate(pairwise(sizes)):
            weight = Parameter(rng.standard_normal((m, n)).astype(np.float32), requires_grad=True)
            bias = Parameter(np.zeros(m, np.float32), requires_grad=True)
            weight.name, bias.name = f"layers.{i}.weight", f"layers.{i}.bias"
            if keep is not None:
                keep += [weight, bias]
            with call("Linear", f"layers.{i}"):
                h = linear(h, weight, bias)
            if i < len(sizes) - 2:
                with call("ReLU", f"acts.{i}"):
                    h = h.relu()
    out = h.sum()
    out.name = "loss"
    return out


def blocks(count, keep=None):
    """A residual network of equal blocks, each of two inner module calls."""
    rng = np.random.default_rng(0)
    x = tensor(rng.standard_normal((4, 3)), requires_grad=True, name="x")
    with call("Network", "net"):
        for i in range(count):
            w = Parameter(rng.standard_normal((3, 3)), requires_grad=True, name=f"blocks.{i}.weight")
            if keep is not None:
                keep.append(w)
            with call("Block", f"blocks.{i}"):
                with call("Mix", f"blocks.{i}.mix"):
                    h = (x @ w) * 0.1
                with call("Squash", f"blocks.{i}.squash"):
                    h = h.tanh()
                x = x + h
    return x.sum()


def attention(x, weights, path):
    """Self-attention of one head."""
    with call("SelfAttention", path):
        query, key, value = (linear(x, weights[k]) for k in ("query", "key", "value"))
        scores = query @ key.swapaxes(0, 1) / float(np.sqrt(x.shape[-1]))
        return linear(scores.softmax(axis=-1) @ value, weights["out"])


def normed(x, weight, path):
    """Layer normalisation without offset."""
    with call("LayerNorm", path):
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5) * weight


def transformer(count=12, width=8, keep=None):
    """Blocks of attention and MLP with residuals, as in a language model, with its backward pass."""
    rng = np.random.default_rng(0)

    def parameter(name, *shape):
        p = Parameter(0.3 * rng.standard_normal(shape), requires_grad=True, name=name)
        if keep is not None:
            keep.append(p)
        return p

    with call("Transformer", None):
        x = parameter("embedding", 20, width)[np.array([3, 1, 4, 1])]
        for i in range(count):
            path = f"blocks.{i}"
            weights = {k: parameter(f"{path}.attention.{k}", width, width) for k in ("query", "key", "value", "out")}
            with call("Block", path):
                x = x + attention(
                    normed(x, parameter(f"{path}.norm1", width), f"{path}.norm1"), weights, f"{path}.attention"
                )
                h = normed(x, parameter(f"{path}.norm2", width), f"{path}.norm2")
                with call("MLP", f"{path}.mlp"):
                    h = linear(h, parameter(f"{path}.mlp.up", 4 * width, width)).relu()
                    x = x + linear(h, parameter(f"{path}.mlp.down", width, 4 * width))
        logits = linear(x, parameter("head", 10, width))
    loss = logits.logsumexp(axis=-1).mean()
    loss.name = "loss"
    loss.backward()
    return loss


def lenet(keep=None):
    """LeNet 1989 on the image of a one, with its backward pass."""
    model = LeNet1989(dtype="float64", rng=0)
    if keep is not None:
        keep.append(model)
    ink = np.full((1, 1, 16, 16), -1.0)
    ink[0, 0, 3:13, 7:9] = 1.0
    target = np.where(np.arange(10) == 1, 1.0, -1.0)[None]
    loss = MSELoss()(model(tensor(ink, requires_grad=True, name="image")), target)
    loss.name = "loss"
    loss.backward()
    return loss


def nan():
    """x log x at 0: a value of -inf, then nan in value and gradient."""
    x = tensor([0.0, 0.5, 1.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        entropy = -(x * np.log(x)).sum()
        entropy.name = "entropy"
        entropy.backward()
    return entropy


def chain(count):
    """Two ops again and again, without any module call."""
    x = tensor(1.0, requires_grad=True, name="x")
    y = x
    for _ in range(count // 2):
        y = y * 1.0001 + x
    return y


def tangle(count, seed=0):
    """Scalar ops wired at random, without repetition to fold."""
    rng = np.random.default_rng(seed)
    values = [tensor(float(v), requires_grad=True) for v in rng.standard_normal(20)]
    for _ in range(count):
        a, b = rng.integers(max(0, len(values) - 60), len(values), 2)
        kind = rng.integers(4)
        new = values[a].tanh() if kind == 0 else values[a] * values[b] if kind == 1 else values[a] + values[b]
        values.append(new.tanh() if kind == 3 else new)
    out = values[-1]
    for value in values[-30:-1]:
        out = out + value
    return out


@pytest.fixture(scope="session")
def graphs():
    """The builders above."""
    return SimpleNamespace(
        micrograd=micrograd,
        mazur=mazur,
        mlp=mlp,
        transformer=transformer,
        lenet=lenet,
        nan=nan,
        blocks=blocks,
        chain=chain,
        tangle=tangle,
        call=call,
        Parameter=Parameter,
    )


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, where there is one."""
    if CHROMIUM is None:
        pytest.skip("the browser Chromium is missing (apt install chromium)")
    if find_spec("playwright") is None:
        pytest.skip("the package playwright is missing (pip install playwright)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Opens files in the browser, without network; complaints of the pages are failures."""
    pages, complaints = [], []

    def open_file(path, *, script=True):
        page = browser.new_page(viewport={"width": 1300, "height": 800}, offline=True, java_script_enabled=script)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield open_file
    for page in pages:
        page.close()
    assert complaints == []
