"""A step without any gradient changes nothing, and says so once, for every optimizer."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import nn
import optim
from autograd import no_grad, tensor
from optim import LBFGS, SGD, NoGradientWarning, Optimizer, minimize

X, Y = np.ones((4, 2), "float32"), np.zeros((4, 1), "float32")


def kinds(base):
    return {kind for sub in base.__subclasses__() for kind in (sub, *kinds(sub))}


OPTIMIZERS = sorted(
    {kind for kind in kinds(Optimizer) | {LBFGS} if kind.__module__.startswith("optim.") and kind.__name__[0] != "_"},
    key=lambda kind: kind.__name__,
)


def model():
    return nn.Linear(2, 1, rng=0)


def take(optimizer, loss=lambda: 0.0):
    return optimizer.step(loss) if isinstance(optimizer, LBFGS) else optimizer.step()


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_optimizer_says_it_once(kind):
    m = model()
    before = m.state_dict()
    optimizer = kind(list(m.parameters()))
    with pytest.warns(NoGradientWarning, match=rf"^{kind.__name__}\.step\(\) has changed nothing") as caught:
        take(optimizer)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for word in ("none of its 2 parameters has a gradient", "backward()", "zero_grad()", "another model", "no_grad()"):
        assert word in str(caught[0].message)
    take(optimizer)  # and not again
    assert all(np.array_equal(before[name], a) for name, a in m.state_dict().items())
    assert len(optimizer.skipped) == 2


def forgotten(m, optimizer):
    nn.MSELoss()(m(X), Y)


def zeroed(m, optimizer):
    nn.MSELoss()(m(X), Y).backward()
    optimizer.zero_grad()


def another(m, optimizer):
    nn.MSELoss()(model()(X), Y).backward()


def copied(m, optimizer):
    nn.MSELoss()(copy.deepcopy(m)(X), Y).backward()


def cut(m, optimizer):
    with no_grad():
        scale = m(X).mean()
    (tensor(1.0, requires_grad=True) * scale).backward()


@pytest.mark.parametrize("slip", [forgotten, zeroed, another, copied, cut])
def test_slips_of_every_kind(slip):
    m = model()
    optimizer = SGD(m.parameters(), lr=0.1)
    slip(m, optimizer)
    with pytest.warns(NoGradientWarning):
        optimizer.step()


def test_frozen_parameters_are_named():
    m = model()
    for p in m.parameters():
        p.requires_grad = False
    with pytest.warns(NoGradientWarning, match="They are frozen: requires_grad is False"):
        SGD(m.parameters(), lr=0.1).step()
    with pytest.warns(NoGradientWarning, match="its one parameter has no gradient"):
        SGD([tensor(1.0, requires_grad=True)], lr=0.1).step()


def test_copies_warn_for_themselves():
    m = model()
    optimizer = SGD(m.parameters(), lr=0.1)
    with pytest.warns(NoGradientWarning):
        optimizer.step()
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        with pytest.warns(NoGradientWarning):
            twin.step()


def test_where_something_has_a_gradient_nothing_is_said():
    m = model()
    optimizer = SGD([{"params": [m.weight]}, {"params": [m.bias], "lr": 0.0}], lr=0.1)
    m.weight.grad = np.ones((1, 2))
    optimizer.step()
    assert optimizer.skipped == (m.bias,)
    nn.fit(m, (X, Y), loss=nn.MSELoss(), epochs=1)
    assert minimize(lambda w: np.sum(w * w), np.ones(2)).x.shape == (2,)


def test_a_step_without_gradients_among_others_is_no_slip():
    m = model()
    optimizer = SGD(m.parameters(), lr=0.1)
    nn.MSELoss()(m(X), Y).backward()
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()
    assert len(optimizer.skipped) == 2


def test_fit_of_other_parameters_is_noticed():
    with pytest.warns(NoGradientWarning) as caught:
        nn.fit(model(), (X, Y), loss=nn.MSELoss(), optimizer=optim.Adam(model().parameters()), epochs=3)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_the_warning_can_be_silenced():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoGradientWarning)
        SGD(model().parameters(), lr=0.1).step()
