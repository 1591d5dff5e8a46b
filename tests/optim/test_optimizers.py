"""One suite for every optimizer and every setting of the table in conftest.py."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import optim
from autograd import StaleLeafError, Tensor, tensor
from optim.hyperparameters import Choice, Flag, Pair
from optim.optimizer import Optimizer

START = np.array([[-2.0, 1.5, 0.3], [4.0, -0.7, 1.0]])


def loss_of(p):
    return (p * p).sum() / 2 - np.cos(p).sum()


def train(optimizer, params, steps):
    def closure():
        optimizer.zero_grad()
        losses = [loss_of(p) for p in params]
        for loss in losses:
            loss.backward()
        return sum(loss.item() for loss in losses)

    for _ in range(steps):
        optimizer.step(closure)


def leaf(array, dtype=np.float64):
    return tensor(array, dtype=dtype, requires_grad=True)


def optimizers():
    return {name for name in optim.__all__ if inspect.isclass(x := getattr(optim, name)) and issubclass(x, Optimizer)}


def test_every_optimizer_is_in_the_table(cases):
    assert {case.optimizer.__name__ for case in cases} == optimizers() - {"Optimizer"}


def test_every_hyperparameter_is_in_the_table(cases):
    """Of its own: what the base class does (weight decay, maximize) and the defaults are tested for all."""
    common = {"maximize", "lr", "weight_decay"}
    for cls in {case.optimizer for case in cases}:
        used = {name for case in cases if issubclass(cls, case.optimizer) for name in case.hyper}
        assert set(cls.rules) - common <= used, cls


# --- formulas ---------------------------------------------------------------------------------------------------


def test_100_steps_equal_a_loop_over_plain_floats(case):
    p = leaf(START)
    train(case.make([p]), [p], 100)
    expected = [case.reference(x, 100, **case.hyper) for x in START.ravel().tolist()]
    np.testing.assert_allclose(p.data.ravel(), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-5), (np.float16, 0.02)])
def test_parameter_and_state_keep_their_dtype(case, dtype, tolerance):
    """The state of half precision is single."""
    p = leaf(START, dtype)
    optimizer = case.make([p])
    train(optimizer, [p], 20)
    assert p.dtype == dtype
    arrays = [x for x in optimizer.state[p].values() if isinstance(x, np.ndarray)]
    assert all(x.dtype == np.float32 for x in arrays)
    expected = [case.reference(x, 20, **case.hyper) for x in START.astype(dtype).ravel().tolist()]
    np.testing.assert_allclose(p.data.ravel(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 1e-4)])
def test_100_steps_equal_pytorch(torch_case, dtype, tolerance):
    torch = pytest.importorskip("torch")
    p, q = leaf(START, dtype), torch.tensor(START, dtype=getattr(torch, dtype), requires_grad=True)
    before = torch.get_default_dtype()
    torch.set_default_dtype(q.dtype)  # that of NAdam's running product
    try:
        ours, theirs = (
            torch_case.make([p]),
            getattr(torch.optim, torch_case.optimizer.__name__)([q], **torch_case.hyper),
        )
        for t in range(100):
            ours.zero_grad()
            theirs.zero_grad()
            if t % 10 != 3:  # without a gradient the parameter is skipped, and its count of steps stands still
                loss_of(p).backward()
                (q * q / 2 - torch.cos(q)).sum().backward()
            ours.step()
            theirs.step()
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_a_pytorch_state_goes_on_here(torch_case):
    torch = pytest.importorskip("torch")
    p, q = leaf(START), torch.tensor(START, requires_grad=True)
    theirs = getattr(torch.optim, torch_case.optimizer.__name__)([q], **torch_case.hyper)
    for t in range(20):
        if t == 10:
            ours = torch_case.make([p])
            ours.load_state_dict(theirs.state_dict())
            p.data = q.detach().numpy().copy()
        theirs.zero_grad()
        (q * q / 2 - torch.cos(q)).sum().backward()
        theirs.step()
    train(ours, [p], 10)
    np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-6)


def test_defaults_are_pytorchs(cases):
    torch = pytest.importorskip("torch")
    for cls in {case.optimizer for case in cases if case.in_torch}:
        theirs = inspect.signature(getattr(torch.optim, cls.__name__)).parameters
        for name, parameter in inspect.signature(cls).parameters.items():
            if name in theirs:
                assert parameter.default == theirs[name].default, (cls, name)


def test_maximize_goes_the_other_way(case):
    p, q = leaf(START), leaf(START)
    optimizer, other = case.make([p]), case.optimizer([q], **case.hyper, maximize=True)
    for _ in range(10):
        train(optimizer, [p], 1)
        other.zero_grad()
        (-loss_of(q)).backward()
        other.step()
    np.testing.assert_array_equal(q.data, p.data)


def test_functional_equals_step(case):
    p, b = leaf(START), leaf(0.5)
    optimizer = case.make([{"params": [p]}, {"params": [b], "lr": 0.004}])
    train(optimizer, [p, b], 3)
    params, state = [tensor(p.data, requires_grad=True), tensor(b.data, requires_grad=True)], None
    kept = copy.deepcopy(optimizer.state_dict())
    for _ in range(5):
        grads = [loss_of(x).gradient(x, create_graph=True)[0] for x in params]
        params, state = optimizer.functional(params, grads, state)
    assert str(optimizer.state_dict()) == str(kept), "functional() changes nothing"
    assert all(isinstance(x, Tensor) and x.requires_grad for x in params)
    train(optimizer, [p, b], 5)
    for mine, x in zip(params, [p, b], strict=True):
        np.testing.assert_allclose(mine.data, x.data, rtol=1e-12)
    for mine, x in zip(state["params"], [p, b], strict=True):
        assert mine.keys() == optimizer.state[x].keys()
        for name, value in optimizer.state[x].items():
            np.testing.assert_allclose(getattr(mine[name], "data", mine[name]), value, rtol=1e-12)


# --- sizes and layouts ------------------------------------------------------------------------------------------

LARGE = optim.kernel.BLOCK_BYTES // 4 * 2 + 17
LAYOUTS = {
    "0-d": lambda a: a[0].reshape(()),
    "empty": lambda a: a[:0].reshape(0, 3),
    "large": lambda a: a,
    "fortran": lambda a: np.asfortranarray(a[: LARGE // 3 * 3].reshape(3, -1)),
    "strided": lambda a: np.stack([a, a], axis=1)[:, 0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_in_place_equals_the_expression_bit_for_bit(case, layout):
    r = np.random.default_rng(1)
    start = LAYOUTS[layout](r.normal(size=LARGE).astype(np.float32))
    p = Tensor(np.array(start, order="K"), requires_grad=True)
    array = p.data
    optimizer = case.make([p])
    group = optimizer.param_groups[0]
    slots = optimizer.slots(group)
    plain, state = start.copy(), optimizer.new_state(p, group)
    for step in (1, 2):
        g = r.normal(size=start.shape).astype(np.float32)
        p.grad = g.copy()
        optimizer.step()
        hyper = optimizer.resolve(group, step - 1)
        settings = optimizer.settings(optimizer.common(hyper), hyper, step, state)
        plain, *arrays = optimizer.expression(plain, g, *(state[name] for name in slots), **settings)
        state.update(zip(slots, arrays, strict=True))
        np.testing.assert_array_equal(p.grad, g, "the gradient is only read")
    assert p.data is array, "the update is in place"
    assert p.data.dtype == plain.dtype == np.float32
    np.testing.assert_array_equal(p.data, plain)
    for name in slots:
        np.testing.assert_array_equal(optimizer.state[p][name], state[name])


def test_nan_stays_where_it_is(case):
    p = leaf(START)
    optimizer = case.make([p])
    train(optimizer, [p], 2)
    p.grad[0, 1] = np.nan
    optimizer.step()
    assert np.isnan(p.data).sum() == np.isnan(p.data[0, 1]) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_without_axes_and_without_entries(any_case, dtype):
    """Together with others they are updated as alone, in place, and keep their dtype and shape."""
    params = [leaf(1.5, dtype), leaf(np.zeros((0, 3)), dtype), leaf(START, dtype)]
    arrays = [p.data for p in params]
    optimizer = any_case.make(params)
    train(optimizer, params, 3)
    assert [p.data.shape for p in params] == [(), (0, 3), (2, 3)]
    assert all(p.data is array and p.dtype == dtype for p, array in zip(params, arrays, strict=True))
    assert params[0].item() != 1.5
    assert [optimizer.state[p]["step"] for p in params] == [3, 3, 3]
    alone = leaf(np.zeros((0, 3)), dtype)
    train(any_case.make([alone]), [alone], 2)
    assert alone.shape == (0, 3)


# --- state ------------------------------------------------------------------------------------------------------


def uninterrupted(case):
    p, b = leaf(START), leaf(0.5)
    train(case.make([p, b]), [p, b], 12)
    return p.data, b.data


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_copies_go_on_with_identical_numbers(any_case, way):
    params = [leaf(START), leaf(0.5)]
    optimizer = any_case.make(params)
    train(optimizer, params, 5)
    twin = copy.deepcopy if way == "deepcopy" else lambda x: pickle.loads(pickle.dumps(x))
    others, other = twin((params, optimizer))
    train(optimizer, params, 3)  # which leaves the copy alone
    assert others[0] is other.param_groups[0]["params"][0]
    train(other, others, 7)
    for x, expected in zip(others, uninterrupted(any_case), strict=True):
        np.testing.assert_array_equal(x.data, expected)


def test_resume_equals_uninterrupted_bit_for_bit(any_case):
    params = [leaf(START), leaf(0.5)]
    optimizer = any_case.make(params)
    train(optimizer, params, 5)
    saved = optimizer.state_dict()
    others = [leaf(p.data) for p in params]
    train(optimizer, params, 2)  # which leaves the saved state alone
    other = any_case.make(others)
    other.load_state_dict(saved)
    assert other.t == 5
    assert str(other.state_dict()) == str(saved)
    train(other, others, 7)
    for x, expected in zip(others, uninterrupted(any_case), strict=True):
        np.testing.assert_array_equal(x.data, expected)


def test_state_is_made_at_construction(case):
    p = leaf(START)
    state = case.make([p]).state[p]
    assert state["step"] == 0
    assert all(x.shape == START.shape and x.dtype == p.dtype for x in state.values() if isinstance(x, np.ndarray))


def test_groups_are_like_optimizers_of_their_own(case):
    p, b, q, c = leaf(START), leaf(0.5), leaf(START), leaf(0.5)
    together = case.make([{"params": [p]}, {"params": b, "lr": 0.004}])
    train(together, [p, b], 10)
    train(case.make([q]), [q], 10)
    train(case.optimizer([c], **{**case.hyper, "lr": 0.004}), [c], 10)
    np.testing.assert_array_equal(p.data, q.data)
    np.testing.assert_array_equal(b.data, c.data)


def test_a_schedule_may_stand_for_every_number(case):
    p, q = leaf(START), leaf(START)
    optimizer = case.make([p])
    values = {k: v for k, v in optimizer.param_groups[0].items() if k != "params"}
    scheduled = {k: (lambda t, v=v: v) if isinstance(v, float | tuple) and v else v for k, v in values.items()}
    asked = []
    scheduled["lr"] = lambda t: asked.append(t) or values["lr"]
    other = case.optimizer([q], **scheduled)
    asked.clear()
    train(optimizer, [p], 10)
    train(other, [q], 10)
    np.testing.assert_array_equal(p.data, q.data)
    assert asked == list(range(10)), "a schedule is asked once a step, with the number of steps done"


# --- what is refused, skipped and said --------------------------------------------------------------------------


def test_wrong_hyperparameters_are_refused_by_name(any_case):
    for name, rule in any_case.optimizer.rules.items():
        wrong = ["x", None, np.nan, -1.0] if not isinstance(rule, Flag | Choice) else [None, 2, "x"]
        if isinstance(rule, Pair):
            too_much = (0.9, 1.0) if rule.rule.high == 1.0 else (1.5, 0.9)
            wrong = [0.9, (0.9,), too_much, (-0.1, 0.9), (np.nan, 0.9), lambda t: 0.9]
        default = inspect.signature(any_case.optimizer).parameters[name].default
        for value in wrong:
            if value is None and default is None:
                continue
            p = leaf(START)
            with pytest.raises(optim.HyperparameterError, match=rf"{any_case.optimizer.__name__}.*{name}.*must be"):
                any_case.optimizer([p], **{**any_case.hyper, name: value})
            optimizer = any_case.make([p])
            optimizer.param_groups[0][name] = value
            p.grad = np.ones_like(START)
            with pytest.raises(optim.HyperparameterError, match=name):
                optimizer.step(lambda: 0.0)
            np.testing.assert_array_equal(p.data, START)


def test_parameters_without_gradient_are_skipped(any_case):
    used, unused = leaf(START), leaf(START)
    optimizer = any_case.make([unused, used])
    train(optimizer, [used], 2)
    np.testing.assert_array_equal(unused.data, START)
    assert not np.array_equal(used.data, START)
    assert optimizer.skipped == (unused,)
    assert optimizer.t == 2
    assert (optimizer.state[unused]["step"], optimizer.state[used]["step"]) == (0, 2)


def test_a_step_between_forward_and_backward_is_noticed(any_case):
    p = leaf(START)
    optimizer = any_case.make([p])
    train(optimizer, [p], 1)
    loss = loss_of(p)
    train(optimizer, [p], 1)
    with pytest.raises(StaleLeafError):
        loss.backward()


def test_repr_says_the_settings(any_case):
    text = repr(any_case.make([leaf(START), leaf(0.5)]))
    assert text.startswith(f"{any_case.optimizer.__name__}(2 parameters of 7 numbers, lr=")
    assert all(f"{name}={value!r}" in text for name, value in any_case.hyper.items())


def test_the_docstring_is_whole(any_case):
    text = " ".join(any_case.optimizer.__doc__.split())
    assert "Source: " in text
    assert "Raises HyperparameterError" in text
    assert ">>> " in text
    assert inspect.signature(any_case.optimizer).parameters.keys() == {"params", *any_case.optimizer.rules}
