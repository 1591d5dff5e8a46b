"""Small parameters are updated as one array, and nobody can tell: every number is that of one update per parameter."""

import copy
import pickle

import numpy as np
import pytest

from autograd import StaleLeafError, tensor
from optim import SGD, Adam, NAdam, NoGradientWarning, Optimizer, RMSprop
from optim.bundles import BYTES_PER_CALL, PATIENCE
from optim.kernel import BLOCK_BYTES, Kernel

SHAPES = [(3, 4), (4,), (), (2, 1, 3), (0,), (17,), (5, 5), (1,), (8,), (2, 3), (1,)]
COUNT = len(SHAPES)


def leaves(dtype=np.float32, shapes=SHAPES):
    rng = np.random.default_rng(0)
    return [tensor(np.asarray(rng.normal(size=shape)).astype(dtype), requires_grad=True) for shape in shapes]


def give_gradients(params, t=0):
    rng = np.random.default_rng(100 + t)
    for p in params:
        p.grad = np.asarray(rng.normal(size=p.shape)).astype(p.dtype)


@pytest.fixture
def runs(monkeypatch):
    """The sizes of the arrays that kernels are run on."""
    sizes = []
    run = Kernel.run

    def noted(self, p, g, *state):
        sizes.append(p.size)
        run(self, p, g, *state)

    monkeypatch.setattr(Kernel, "run", noted)
    return sizes


def one_by_one(self, index, params, *_):
    return params


def train(make, story, params, steps):
    """Steps, before each of which something happens; everything that can be seen after each, and what is left."""
    optimizer = make(params)
    seen = []
    for t in range(steps):
        give_gradients(params, t)
        story(t, params, optimizer)
        optimizer.step()
        numbers = {id(p): i for i, p in enumerate(params)}
        seen.append([numbers[id(p)] for p in optimizer.skipped])
        for p in params:
            seen += [p.data.copy(), *map(copy.copy, optimizer.state[p].values())]
    return seen, params, optimizer


def compare(monkeypatch, make, story=lambda t, params, optimizer: None, dtype=np.float32, steps=9):
    """Train together, and one by one."""
    seen, params, optimizer = train(make, story, leaves(dtype), steps)
    with monkeypatch.context() as patch:
        patch.setattr(Optimizer, "_update_together", one_by_one)
        expected, _, _ = train(make, story, leaves(dtype), steps)
    assert len(seen) == len(expected)
    for x, y in zip(seen, expected, strict=True):
        assert type(x) is type(y)
        assert getattr(x, "dtype", None) == getattr(y, "dtype", None)
        np.testing.assert_array_equal(x, y)
    return params, optimizer


# --- the same numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_numbers_are_those_of_one_update_per_parameter(case, dtype, monkeypatch):
    compare(monkeypatch, case.make, dtype=dtype)


def test_they_are_updated_in_one_run(runs):
    params = leaves()
    optimizer = Adam(params)
    for _ in range(3):
        give_gradients(params)
        optimizer.step()
    assert runs == [sum(p.size for p in params)] * 3


def test_groups_dtypes_and_sizes(runs):
    """A run for each group and dtype; large ones alone; a bundle is one block at most."""
    large = BYTES_PER_CALL * 16 // 8
    params = [*leaves(np.float32), *leaves(np.float16), *leaves(np.float64, [(large,), (3,), (2,)])]
    more = leaves(np.float32, [(1000,)] * (BLOCK_BYTES // 4000 + 5))
    optimizer = Adam([{"params": params}, {"params": more, "lr": 0.5}])
    give_gradients([*params, *more])
    before = [p.data.copy() for p in more]
    optimizer.step()
    small = sum(p.size for p in params[:COUNT])
    full = BLOCK_BYTES // 4000 * 1000
    assert runs == [small, small, 5, large, full, sum(p.size for p in more) - full]
    np.testing.assert_allclose([p.data for p in more], before - 0.5 * np.sign([p.grad for p in more]), atol=1e-3)


@pytest.mark.parametrize(("make", "together"), [(SGD, 7), (Adam, 2)])
def test_few_calls_are_not_worth_it(make, together, runs):
    for count in (together - 1, together):
        params = leaves(shapes=[(3,)] * count)
        give_gradients(params)
        runs.clear()
        make(params).step()
        assert runs == ([3] * count if count < together else [3 * count])


def test_numbers_of_the_state_and_tiny_eps_go_one_by_one(runs):
    for make in (NAdam, lambda params: Adam(params, eps=1e-30)):
        params = leaves()
        give_gradients(params)
        runs.clear()
        make(params).step()
        assert len(runs) == COUNT


# --- what users see of parameters and gradients -----------------------------------------------------------------


def test_parameters_and_gradients_stay_arrays_of_their_own():
    params = leaves()
    held = [p.data for p in params]
    optimizer = Adam(params, lr=0.1)
    for t in range(3):
        give_gradients(params, t)
        given = [p.grad for p in params]
        copies = [g.copy() for g in given]
        optimizer.step()
        assert all(p.data is w and p.grad is g for p, w, g in zip(params, held, given, strict=True))
        assert all(p.data.base is None and p.data.flags.owndata for p in params)
        np.testing.assert_equal(given, copies)
    state = [x for p in params for x in optimizer.state[p].values() if isinstance(x, np.ndarray)]
    for i, w in enumerate(held):
        assert not any(np.shares_memory(w, x) for x in [*held[:i], *state])


def test_graphs_made_before_a_step_are_stale_after_it():
    params = leaves(shapes=[(3,)] * 4)
    optimizer = Adam(params)
    losses = [(p * p).sum() for p in params]
    give_gradients(params)
    optimizer.step()
    for loss in losses:
        with pytest.raises(StaleLeafError, match="was changed after"):
            loss.backward()


def data(p, value):
    p.data = value


def grad(p, value):
    p._grad = value  # also what the setter would copy


def lend(params):
    params[1].data = np.arange(4, dtype=np.float32)
    params[7].data = params[1].data[1:2]
    params[3].data = params[9].data.reshape(2, 1, 3)


def at(time, change):
    """A story in which something is done to some parameters, at one time or at all times."""

    def story(t, params, optimizer):
        if time is None or t == time:
            change(params)

    return story


def no_gradient(*times):
    return lambda t, params, optimizer: grad(params[1], None) if t in times else None


def freeze(p):
    p.data.flags.writeable = False


STORIES = {
    "changed in place": at(None, lambda ps: ps[0].data.fill(2.0)),
    "an entry changed": at(3, lambda ps: ps[5].data.__setitem__(3, 7.0)),
    "replaced": at(None, lambda ps: [data(p, p.data * np.float32(0.5)) for p in ps[:4]]),
    "replaced once": at(3, lambda ps: data(ps[2], np.float32(3.0))),
    "another dtype": at(3, lambda ps: data(ps[0], ps[0].data.astype("f8"))),
    "all in another dtype": at(3, lambda ps: [data(p, p.data.astype("f8")) for p in ps]),
    "half precision from now on": at(3, lambda ps: [data(p, p.data.astype("f2")) for p in ps]),
    "another order": at(3, lambda ps: data(ps[0], np.asfortranarray(ps[0].data))),
    "a view": at(3, lambda ps: data(ps[8], np.ones((8, 2), "f4")[:, 0])),
    "one array for two": at(3, lambda ps: data(ps[3], ps[9].data.reshape(2, 1, 3)) or data(ps[9], ps[9].data)),
    "the same array for two": at(3, lambda ps: [data(p, x) for x in [np.ones(1, "f4")] for p in (ps[7], ps[10])]),
    "memory of another": at(3, lend),
    "memory of another from the start": at(0, lend),
    "read-only": at(2, lambda ps: freeze(ps[1])),
    "no gradient": no_gradient(*range(9)),
    "no gradient once": no_gradient(3),
    "no gradient at first": no_gradient(0, 1),
    "no gradient for long": no_gradient(*range(2, 2 + PATIENCE)),
    "no gradients at all": at(0, lambda ps: [grad(p, None) for p in ps]),
    "now these, now those": lambda t, ps, optimizer: [grad(p, None) for p in ps[t % 2 :: 2]],
    "a gradient in another order": at(None, lambda ps: grad(ps[0], np.asfortranarray(ps[0].grad))),
    "a gradient that is a view": at(None, lambda ps: grad(ps[5], np.ones((17, 2), "f4")[:, 0])),
    "a gradient that is the parameter": at(None, lambda ps: grad(ps[5], ps[5]._data)),
    "a gradient of another dtype": at(None, lambda ps: grad(ps[5], ps[5].grad.astype("f8") / 3)),
    "one gradient for two": at(None, lambda ps: grad(ps[10], ps[7]._grad)),
    "a gradient that is not finite": at(3, lambda ps: ps[5].grad.fill(np.nan)),
}


MAKERS = {
    "SGD": lambda params: SGD(params, lr=0.1),
    "momentum": lambda params: SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: Adam(params, lr=0.1),
    "RMSprop": lambda params: RMSprop(params, lr=0.1, centered=True, eps=0.1),
}


@pytest.mark.filterwarnings("ignore::optim.NoGradientWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("story", STORIES)
def test_whatever_is_done_to_parameters_and_gradients(make, story, monkeypatch):
    compare(monkeypatch, MAKERS[make], STORIES[story])


def test_gradients_of_single_precision_for_half_precision(monkeypatch):
    """They are rounded to half precision first."""
    compare(monkeypatch, MAKERS["Adam"], at(None, lambda ps: [grad(p, p.grad.astype("f4") / 3) for p in ps]), "f2")


def test_a_step_without_gradients_decides_nothing(runs):
    params = leaves()
    optimizer = Adam(params)
    with pytest.warns(NoGradientWarning):
        optimizer.step()
    give_gradients(params)
    optimizer.step()
    assert len(runs) == 1


def test_bundles_that_do_not_do_are_made_anew(runs):
    params = leaves()
    optimizer = Adam(params)
    sizes = []
    for t in range(2 + PATIENCE):
        give_gradients(params, t)
        if t:
            params[1].grad = None
        runs.clear()
        optimizer.step()
        sizes.append(len(runs))
    assert sizes == [1, *[len(params) - 1] * PATIENCE, 1]


def test_bundles_that_do_not_do_now_and_then_are_kept():
    params = leaves()
    optimizer = Adam(params)
    kept = None
    for t in range(3 * PATIENCE):
        give_gradients(params, t)
        if t % PATIENCE:
            params[1].grad = None
        optimizer.step()
        kept = optimizer.state[params[0]]["exp_avg"].base if kept is None else kept
        assert optimizer.state[params[0]]["exp_avg"].base is kept
        optimizer.state[params[1]]["step"] = optimizer.state[params[0]]["step"]


# --- groups, hyper-parameters and state -------------------------------------------------------------------------


def schedule(params):
    half = len(params) // 2
    return Adam([{"params": params[:half], "lr": lambda t: 0.1 / (1 + t)}, {"params": params[half:], "lr": 0.3}])


def of_group(time, change):
    """A story in which something is done to the first group, to its parameters, or to the optimizer."""

    def story(t, params, optimizer):
        if t == time:
            change(optimizer.param_groups[0], params, optimizer)

    return story


def states(optimizer):
    return list(optimizer.state.values())


CHANGES = {
    "nothing": of_group(None, lambda group, params, optimizer: None),
    "another rate": of_group(3, lambda group, params, optimizer: group.update(lr=0.7)),
    "another slot": of_group(3, lambda group, params, optimizer: group.update(amsgrad=True)),
    "a decay": of_group(3, lambda group, params, optimizer: group.update(weight_decay=0.1)),
    "a parameter less": of_group(3, lambda group, params, optimizer: group["params"].pop(1)),
    "a parameter exchanged": of_group(3, lambda group, params, optimizer: group["params"].__setitem__(1, more(params))),
    "another order": of_group(3, lambda group, params, optimizer: group["params"].reverse()),
    "a parameter more": of_group(3, lambda group, params, optimizer: group["params"].append(more(params))),
    "a group more": of_group(3, lambda group, params, optimizer: optimizer.add_param_group({"params": [more(params)]})),
    "state in place": of_group(3, lambda group, params, optimizer: states(optimizer)[0]["exp_avg"].fill(1.0)),
    "state replaced": of_group(3, lambda group, params, optimizer: states(optimizer)[0].update(exp_avg=ones(3, 4))),
    "state of another dtype": of_group(
        3, lambda group, params, optimizer: states(optimizer)[1].update(exp_avg=np.ones(4), exp_avg_sq=np.ones(4))
    ),
    "state removed": of_group(3, lambda group, params, optimizer: states(optimizer)[1].pop("exp_avg")),
    "another state": of_group(3, lambda group, params, optimizer: optimizer.state.update({params[1]: fresh(4)})),
    "forgotten": of_group(3, lambda group, params, optimizer: optimizer.state.pop(params[1])),
    "another step": of_group(3, lambda group, params, optimizer: states(optimizer)[1].update(step=100)),
    "loaded": of_group(3, lambda group, params, optimizer: optimizer.load_state_dict(optimizer.state_dict())),
    "an overflow": lambda t, params, optimizer: params[5].grad.__setitem__(3, 1e25) if t == 3 else None,
    "overflows": lambda t, params, optimizer: params[5].grad.__setitem__(3, 1e25),
}


def more(params):
    params.append(tensor(ones(4), requires_grad=True))
    params[-1].grad = ones(4)
    return params[-1]


def ones(*shape):
    return np.ones(shape, np.float32)


def fresh(*shape):
    return {"step": 0, "exp_avg": ones(*shape), "exp_avg_sq": ones(*shape)}


@pytest.mark.parametrize("make", [lambda params: Adam(params, lr=0.1), schedule], ids=["Adam", "groups"])
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_done_to_groups_and_state(make, change, monkeypatch):
    compare(monkeypatch, make, CHANGES[change], steps=4 + 2 * PATIENCE)


def test_a_second_optimizer_over_the_same_parameters(monkeypatch):
    others = {}

    def story(t, params, optimizer):
        other = others.setdefault(id(optimizer), SGD(params, lr=0.1, momentum=0.9))
        other.step()

    compare(monkeypatch, MAKERS["Adam"], story)


def test_look_ahead(monkeypatch):
    def story(t, params, optimizer):
        with optimizer.look_ahead():
            for p in params:
                p.grad = p.data * 2

    compare(monkeypatch, MAKERS["momentum"], story)


class Halved(SGD):
    """With a setting of its own, which every step asks for."""

    def settings(self, common, hyper, step, state):
        settings = super().settings(common, hyper, step, state)
        return {**settings, "lr": settings["lr"] / 2**step}


def test_settings_of_ones_own_are_those_of_every_step(monkeypatch):
    compare(monkeypatch, lambda params: Halved(params, lr=0.5))


@pytest.mark.parametrize("way", ["deepcopy", "pickle", "state_dict"])
def test_copies_share_nothing_and_go_on_together(way, runs):
    params = leaves()
    optimizer = Adam(params, lr=0.1)
    for t in range(3):
        give_gradients(params, t)
        optimizer.step()
    if way == "state_dict":
        others = [tensor(p.data, requires_grad=True) for p in params]
        other = Adam(others)
        give_gradients(others)
        other.step()
        for p, q in zip(params, others, strict=True):
            q.data = p.data.copy()
        other.load_state_dict(optimizer.state_dict())
    else:
        both = params, optimizer
        others, other = copy.deepcopy(both) if way == "deepcopy" else pickle.loads(pickle.dumps(both))
    for p, q in zip(params, others, strict=True):
        for name in ("exp_avg", "exp_avg_sq"):
            assert not np.shares_memory(optimizer.state[p][name], other.state[q][name])
    runs.clear()
    for t in range(3, 6):
        for twin, some in ((optimizer, params), (other, others)):
            give_gradients(some, t)
            twin.step()
    assert len(runs) == 6
    for p, q in zip(params, others, strict=True):
        np.testing.assert_array_equal(p.data, q.data)
        for x, y in zip(optimizer.state[p].values(), other.state[q].values(), strict=True):
            np.testing.assert_array_equal(x, y)


def test_a_pickle_is_no_larger_than_its_numbers():
    """The views of the state are written as arrays, and what lies side by side is not."""
    params = leaves(shapes=[(100,)] * 20)
    give_gradients(params)
    optimizer = Adam(params)
    optimizer.step()
    assert len(pickle.dumps(optimizer)) < 3 * 4 * 100 * 20 + 20_000


@pytest.mark.parametrize(("lr", "before"), [(1e6, 0), (3e4, 2)], ids=["at once", "later"])
def test_a_parameter_of_half_precision_that_overflows_is_said_in_the_callers_way(lr, before):
    params = leaves(np.float16)
    optimizer = Adam(params, lr=lr)
    for _ in range(before):
        give_gradients(params)
        optimizer.step()
    give_gradients(params)
    with pytest.warns(RuntimeWarning, match="overflow encountered in multiply"):
        optimizer.step()
    assert all(np.isinf(p.data).all() for p in params)
    assert optimizer.t == before + 1
