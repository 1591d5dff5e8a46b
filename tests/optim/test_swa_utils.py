"""`optim.swa_utils`: averages of weights, statistics of norms and the schedule, beside PyTorch's and in numbers."""

import copy
import pickle

import numpy as np
import pytest

import nn
import optim
from autograd import tensor
from optim import swa_utils
from optim.swa_utils import SWALR, AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, update_bn


def network():
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2, rng=1))


def trained(model, average, optimizer, batches, loss_of):
    for x, y in batches:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
        average.update_parameters(model)


def heavier(average, new, count):
    return 0.75 * average + 0.25 * new


def in_place(averages, new, count):
    for a, b in zip(averages, new, strict=True):
        a.data[...] = heavier(a.data, b.data, count)


WAYS = {
    "mean": (lambda m: {}, lambda u: {}),
    "moving": (lambda m: {"avg_fn": m.get_ema_avg_fn(0.9)}, lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)}),
    "moving, lists": (
        lambda m: {"multi_avg_fn": m.get_ema_multi_avg_fn(0.9)},
        lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.9)},
    ),
    "a function": (lambda m: {"avg_fn": heavier}, lambda u: {"avg_fn": heavier}),
    "buffers": (lambda m: {"use_buffers": True}, lambda u: {"use_buffers": True}),
    "in place": (lambda m: {"multi_avg_fn": in_place}, lambda u: {"avg_fn": heavier}),
}


@pytest.mark.parametrize("way", WAYS)
def test_averages_are_pytorchs(way, rng):
    torch = pytest.importorskip("torch")
    batches = [(rng.normal(size=(8, 3)).astype("f"), rng.normal(size=(8, 2)).astype("f")) for _ in range(6)]
    model = network()
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    theirs.load_state_dict({name: torch.tensor(x) for name, x in model.state_dict().items()})
    ours, others = WAYS[way]
    average = AveragedModel(model, **ours(swa_utils))
    other = torch.optim.swa_utils.AveragedModel(theirs, **others(torch.optim.swa_utils))
    trained(model, average, optim.SGD(model.parameters(), lr=0.1), batches, nn.MSELoss())
    trained(
        theirs, other, torch.optim.SGD(theirs.parameters(), lr=0.1),
        [tuple(map(torch.tensor, batch)) for batch in batches], torch.nn.MSELoss(),
    )  # fmt: skip

    def compare():
        expected = {name: x.numpy() for name, x in other.state_dict().items()}
        assert average.state_dict().keys() == expected.keys()
        for name, x in average.state_dict().items():
            np.testing.assert_allclose(x, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)
            assert x.dtype == expected[name].dtype, name
        assert average.n_averaged.item() == 6

    compare()
    update_bn(batches, average)
    torch.optim.swa_utils.update_bn([torch.tensor(x) for x, _ in batches], other)
    compare()
    assert [m.momentum for m in average.modules() if isinstance(m, nn.BatchNorm1d)] == [0.1]
    x = batches[0][0]
    np.testing.assert_allclose(average.eval()(x).data, other.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-4)


def test_means_in_numbers():
    model = nn.Linear(1, 1, rng=0)
    averages = [AveragedModel(model), AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))]
    for value in (2.0, 4.0, 9.0):
        model.weight.data[:] = value
        for average in averages:
            average.update_parameters(model)
    assert [average.module.weight.item() for average in averages] == [5.0, 6.0]
    assert model.weight.item() == 9.0


@pytest.mark.parametrize("way", ["deepcopy", "pickle", "state dict"])
def test_copies_go_on(way):
    model = nn.Linear(2, 1, rng=0)
    average = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))
    average.update_parameters(model)
    if way == "state dict":
        twin = AveragedModel(nn.Linear(2, 1, rng=5), multi_avg_fn=get_ema_multi_avg_fn(0.5))
        twin.load_state_dict(average.state_dict())
    else:
        twin = copy.deepcopy(average) if way == "deepcopy" else pickle.loads(pickle.dumps(average))
    model.weight.data[:] = 3.0
    for each in (average, twin):
        each.update_parameters(model)
    for name, x in average.state_dict().items():
        np.testing.assert_array_equal(twin.state_dict()[name], x)


def test_an_average_is_a_module():
    model = network()
    average = AveragedModel(model).eval()
    x = np.zeros((5, 3), "f")
    assert str(nn.summary(average, x)).count("BatchNorm1d") == 1
    loss = (average(tensor(x)) ** 2).sum()
    loss.backward()
    assert all(p.grad is not None for p in average.parameters())
    assert all(p.grad is None for p in model.parameters())
    average.update_parameters(model)
    assert average(x).dtype == np.float32


def test_modes_and_momenta_come_back():
    model = network()
    model[1].momentum, model[3].training = 0.3, False
    model.eval()
    model[0].training = True

    def failing():
        yield np.zeros((4, 3), "f"), None
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        update_bn(failing(), model)
    assert [m.training for m in model] == [True, False, False, False]
    assert model[1].momentum == 0.3
    update_bn(failing(), nn.Linear(3, 2, rng=0))  # without norms there is nothing to ask for


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: AveragedModel(network(), avg_fn=heavier, multi_avg_fn=in_place), "avg_fn or multi_avg_fn, not both"),
        (
            lambda: AveragedModel(network()).update_parameters(nn.Linear(3, 4, rng=0)),
            "this Linear has parameters of different",
        ),
        (lambda: AveragedModel(network(), "cuda"), "there is no device 'cuda' here"),
        (lambda: update_bn([], network(), "cuda"), "there is no device 'cuda' here"),
        (lambda: get_ema_avg_fn(1.5), "decay must be a number from 0 to 1; got 1.5"),
        (lambda: SWALR.preview(2, 0.1, anneal_strategy="square"), "SWALR: anneal_strategy must be 'cos' or 'linear'"),
    ],
)
def test_misuse_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()


@pytest.mark.parametrize(
    "settings", [{}, {"anneal_epochs": 7, "anneal_strategy": "linear"}, {"anneal_epochs": 0}], ids=str
)
def test_the_schedule_is_pytorchs(settings):
    """After a main scheduler, as its page has it."""
    torch = pytest.importorskip("torch")
    found = []
    for module, leaf in ((optim, tensor([1.0], requires_grad=True)), (torch.optim, torch.ones(1, requires_grad=True))):
        optimizer = module.SGD([leaf], lr=0.5)
        main = module.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
        swa = module.swa_utils.SWALR(optimizer, swa_lr=0.05, **settings)
        rates = []
        for epoch in range(200):
            rates.append(optimizer.param_groups[0]["lr"])
            leaf.sum().backward()
            optimizer.step()
            (main if epoch < 60 else swa).step()
        found.append(rates)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
