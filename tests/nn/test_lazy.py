"""Lazy layers: nothing that needs a shape before the first call, plain layers after it."""

import copy
import pickle
import threading

import numpy as np
import pytest

import nn
import optim
from autograd import OperandError
from nn.parameter import UninitializedParameter, UninitializedParameterError

X = np.ones((4, 3), "float32")
CLASSES = {"LazyLinear": (2,), "LazyConv1d": (2, 3), "LazyConv2d": (2, 3), "LazyBatchNorm1d": (), "LazyBatchNorm2d": ()}


def model():
    return nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.LazyLinear(2))


USES = {
    "parameters": lambda m: list(m.parameters()),
    "buffers": lambda m: list(m.buffers()),
    "an optimizer": lambda m: optim.SGD(m.parameters(), lr=0.1),
    "state_dict": lambda m: m.state_dict(),
    "load_state_dict": lambda m: m.load_state_dict({"0.weight": np.ones((8, 3))}),
    "save": lambda m: nn.save("model.npz", m),
    "summary": lambda m: nn.summary(m, X),
    "functional_call": lambda m: nn.functional_call(m, {}, X),
    "astype": lambda m: m.astype("float64"),
    "zero_grad": lambda m: m.zero_grad(),
    "fit": lambda m: nn.fit(m, (X, X[:, :2]), loss=nn.MSELoss(), epochs=1),
    "the shape": lambda m: m[0].weight.shape,
    "an init": lambda m: nn.init.zeros_(m[0].weight),
}


@pytest.mark.parametrize("use", USES)
def test_what_needs_a_shape_says_what_is_the_matter(use):
    with pytest.raises(UninitializedParameterError, match=r"weight of LazyLinear has no shape before the first call"):
        USES[use](model())


def test_after_the_first_call_layers_are_plain():
    m = model()
    assert repr(m[0]) == "LazyLinear(in_features=0, out_features=8, bias=True)"
    out = m(X)
    assert [type(layer) for layer in m] == [nn.Linear, nn.Tanh, nn.Linear]
    plain = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    assert vars(m[0]).keys() == {*vars(plain[0]), "training"}
    plain.load_state_dict(m.state_dict())
    np.testing.assert_array_equal(out.numpy(), plain(X).numpy())
    out.sum().backward()
    assert all(p.grad is not None for p in m.parameters())
    m(X)
    assert [p.name for p in m.parameters()] == list(m.state_dict())


def test_the_same_seed_gives_the_same_start():
    lazy, plain = nn.LazyLinear(8, rng=3), nn.Linear(3, 8, rng=3)
    lazy(X)
    np.testing.assert_array_equal(lazy.weight.data, plain.weight.data)
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    nn.LazyLinear(8, rng=rng)
    assert rng.bit_generator.state == before, "nothing is drawn before the first call"


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_before_the_first_call(twin_of):
    m = model().eval()
    twin = twin_of(m)
    twin(X)
    assert type(twin[0]) is nn.Linear
    assert not twin[0].training
    assert type(m[0]) is nn.LazyLinear
    assert nn.draw(m, X, depth=0).dot
    assert type(m[0]) is nn.LazyLinear


def test_an_input_that_is_refused_leaves_a_layer_as_it_was():
    layer = nn.LazyConv2d(6, 3, groups=2)
    for bad, error, words in (
        ((2, 2), OperandError, r"needs an input of shape \(N, C, H, W\)"),
        ((1, 3, 5, 5), ValueError, "cannot both be divided into 2 groups"),
        ((1, 4, 2, 2), OperandError, "does not fit"),
    ):
        with pytest.raises(error, match=words):
            layer(np.ones(bad, "float32"))
        assert repr(layer) == "LazyConv2d(0, 6, kernel_size=(3, 3), stride=(1, 1), groups=2)"
    layer(np.ones((4, 5, 5), "float32"))
    assert repr(layer) == "Conv2d(4, 6, kernel_size=(3, 3), stride=(1, 1), groups=2)"
    norm = nn.LazyBatchNorm1d()
    with pytest.raises(OperandError, match="shape"):
        norm(np.ones(3, "float32"))
    with pytest.raises(TypeError, match="in_features"):
        nn.LazyLinear(2, in_features=3)


def test_a_layer_that_is_called_twice_at_its_first_run():
    layer = nn.LazyLinear(3)
    shared = nn.Sequential(layer, layer)
    assert nn.draw(shared, X, depth=0).dot
    shared(X)
    assert nn.summary(shared, X).rows[0].calls == 2


def test_threads_agree_on_the_parameters():
    layer, found, start = nn.LazyLinear(2), [], threading.Barrier(4)

    def call():
        start.wait()
        found.append(layer(X))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({out.numpy().tobytes() for out in found}) == 1


@pytest.mark.parametrize("name", CLASSES)
def test_names_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    shape = (2, 4) + (5,) * (int(name[-2]) if name[-1] == "d" and "1d" not in name else "Conv1d" in name)
    theirs, ours = getattr(torch.nn, name)(*CLASSES[name]), getattr(nn, name)(*CLASSES[name])
    assert list(theirs.state_dict()) == [n for n, x in vars(ours).items() if type(x) is UninitializedParameter]
    theirs(torch.ones(shape))
    ours(np.ones(shape, "float32"))
    assert type(theirs).__name__ == type(ours).__name__
    assert {n: tuple(x.shape) for n, x in theirs.state_dict().items()} == {
        n: x.shape for n, x in ours.state_dict().items()
    }
