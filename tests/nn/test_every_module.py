"""One suite over every module and every loss; the table is in cases/."""

import copy
import pickle
from contextlib import nullcontext

import numpy as np
import pytest
from nn_cases import CASES, modules_of_nn, without_case

import nn
from autograd import Tensor, no_grad, tensor
from autograd.gradcheck import gradcheck
from autograd.view import draw


def floating(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def live(inputs, dtype="float64"):
    """The floating inputs as Tensors that require a gradient."""
    return [tensor(x.astype(dtype), requires_grad=True) if floating(x) else x for x in inputs]


def plain(x):
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)


def parts(out):
    """The results as a flat list: most modules have one, the recurrent ones several."""
    return [part for inner in out for part in parts(inner)] if isinstance(out, tuple) else [out]


def total(out):
    """The sum of all floating results, for a backward pass through each of them."""
    return sum((part.sum() for part in parts(out)[1:]), parts(out)[0].sum())


def made(case):
    """The module, in the mode in which the case describes it."""
    return case.make().train(case.training)


def filled(module, rng):
    """The module with parameters that are not as small as at the start."""
    for p in module.parameters():
        p.data = rng.normal(size=p.shape).astype(p.dtype)
    return module


def assert_equal(out, expected, tolerance=0.0):
    found, wanted = parts(out), parts(expected)
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert plain(a).shape == np.shape(b)
        np.testing.assert_allclose(plain(a), plain(b), rtol=tolerance, atol=tolerance)


def test_the_table_is_complete():
    assert without_case(modules_of_nn(), CASES) == [], "add these modules to the table in tests/nn/cases/"


def test_a_module_without_case_is_noticed():
    assert "Linear" in without_case(modules_of_nn(), [case for case in CASES if "Linear" not in case.name])
    assert {nn.Linear, nn.MLP, nn.CrossEntropyLoss} <= set(modules_of_nn())


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
def test_forward_is_that_of_plain_numpy(case, dtype, tolerance, rng):
    inputs = [x.astype(dtype) if floating(x) else x for x in case.inputs(rng, 5)]
    module = filled(made(case), rng).astype(dtype)
    twin = copy.deepcopy(module)  # because a call may change buffers
    state = {k: v.astype("float64") if floating(v) else v for k, v in module.state_dict().items()}
    expected = case.reference(state, *inputs)
    for out in (module(*inputs), twin(*live(inputs, dtype))):
        assert all(part.dtype == dtype for part in parts(out))
        assert_equal(out, expected, tolerance)


def check_gradients(case, rng, order):
    module = filled(made(case), rng).astype("float64")
    inputs = case.inputs(rng, 3)
    variable = [x for x in inputs if floating(x)]

    def call(*xs):
        given = iter(xs)
        return module(*(next(given) if floating(x) else x for x in inputs))

    if variable:
        gradcheck(call, *variable, order=order)
    if list(module.parameters()):
        gradcheck(lambda: module(*inputs), wrt=module, order=order)


def test_gradients_of_first_and_second_order(case, rng):
    check_gradients(case, rng, 1 if case.long else case.order)


@pytest.mark.long
@pytest.mark.parametrize("large", [case for case in CASES if case.long], ids=str)
def test_gradients_of_second_order_that_take_seconds(large, rng):
    check_gradients(large, rng, large.order)


def test_float32_stays_float32(case, rng):
    module, inputs = made(case), live(case.inputs(rng, 4), "float32")
    out = module(*inputs)
    assert all(part.dtype == np.float32 for part in parts(out))
    total(out).backward()
    for t in (*module.parameters(), *(x for x in inputs if isinstance(x, Tensor))):
        assert t.dtype == t.grad.dtype == np.float32


def test_float64_works_too(case, rng):
    module, inputs = made(case).astype("float64"), live(case.inputs(rng, 4))
    out = module(*inputs)
    assert all(part.dtype == np.float64 for part in parts(out))
    total(out).backward()
    assert all(p.grad.dtype == np.float64 for p in module.parameters())


def test_repr(case):
    assert repr(case.make()) == case.repr


def test_state_round_trip(case, rng):
    module, other, inputs = filled(made(case), rng), filled(made(case), rng), case.inputs(rng, 3)
    inputs = [x.astype("float32") if floating(x) else x for x in inputs]
    assert other.load_state_dict(module.state_dict()) == ([], [])
    assert_equal(other(*inputs), module(*inputs))
    for p, q in zip(module.parameters(), other.parameters(), strict=True):
        assert not np.shares_memory(p.data, q.data)


@pytest.mark.parametrize(
    "twin_of", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_copies(case, twin_of, rng):
    module = filled(made(case), rng)
    inputs = [x.astype("float32") if floating(x) else x for x in case.inputs(rng, 3)]
    out = module(*inputs)  # a module that has been called can be copied
    twin = twin_of(module)
    assert type(twin) is type(module)
    assert repr(twin) == repr(module)
    assert_equal(twin(*inputs), out)
    for p in twin.parameters():
        p.data += 1.0
    assert_equal(module(*inputs), out)


def test_a_batch_of_one(case, rng):
    module = filled(made(case), rng).astype("float64")
    inputs = case.inputs(rng, 2 + case.least)
    for i in range(3):
        one = [x.take(range(i, i + case.least), axis=case.axis) for x in inputs]
        state = module.state_dict()
        assert_equal(module(*one), case.reference(state, *one), 1e-12)


def test_a_batch_of_none(case, rng):
    module, inputs = made(case), live(case.inputs(rng, 0), "float32")
    if not case.empty:
        with pytest.raises(ValueError, match=r"mean over no entries|at least 2|batch of 0"):
            module(*inputs)
        return
    expected = parts(case.reference(module.state_dict(), *case.inputs(rng, 0)))
    out = module(*inputs)
    assert all(part.dtype == np.float32 for part in parts(out))
    assert [part.shape for part in parts(out)] == [part.shape for part in expected]
    total(out).backward()
    for p in module.parameters():
        np.testing.assert_array_equal(p.grad, np.zeros(p.shape))


def test_bad_inputs_are_refused(case, rng):
    module = case.make().astype("float64")
    for inputs, error, words in case.bad:
        for given in (inputs, live(inputs)):
            with pytest.raises(error) as caught:
                module(*given)
            notes = "\n".join(caught.value.__notes__)
            assert words in f"{caught.value}\n{notes}"
            assert "in module" in notes


def test_none_is_refused(case, rng):
    """It would be NaN for NumPy."""
    passes_on = case.name in ("Identity()", "Sequential-empty", "Dropout", "Dropout-nothing")
    with nullcontext() if passes_on else pytest.raises((TypeError, ValueError, IndexError)):
        assert made(case)(*[None] * len(case.inputs(rng, 2))) is None


def test_every_loss_refuses_something():
    assert all(case.bad for case in CASES if "Loss-mean" in case.name)


def test_no_grad(case, rng):
    module, inputs = made(case), live(case.inputs(rng, 2), "float32")
    with no_grad():
        silent = parts(module(*inputs))
    computed = [part for part in silent if isinstance(part, Tensor) and not any(part is x for x in inputs)]
    assert not any(part.requires_grad for part in computed)
    assert all(part.requires_grad for part in parts(module(*inputs)))


def test_drawing(case, rng):
    module = made(case)
    out = total(module(*live(case.inputs(rng, 2), "float32")))
    text = draw(out, renderer="own").dot
    assert text.startswith("digraph")
    for name, _ in module.named_parameters():
        assert name in text


def test_summary(case, rng):
    module = case.make()
    inputs = [x.astype("float32") if floating(x) else x for x in case.inputs(rng, 2)]
    found = nn.summary(module, *inputs)
    assert found.parameters == sum(p.size for p in module.parameters())
    assert type(module).__name__ in str(found)
    assert "not called" not in str(found)


def test_as_pytorch(case, rng):
    """The same state, the same outputs, the same gradients."""
    torch = pytest.importorskip("torch")
    if not case.torch:
        pytest.skip("has no counterpart in PyTorch")
    theirs = eval(case.torch, {"torch": torch, "nn": torch.nn, "tensor": torch.tensor}).double()
    theirs.train(case.training)
    ours = made(case).astype("float64")
    ours.load_state_dict(theirs.state_dict())
    inputs = case.inputs(rng, 5)
    mine = live(inputs)
    other = [torch.tensor(x, requires_grad=floating(x)) for x in inputs]
    out, expected = ours(*mine), theirs(*other)
    ours_total, theirs_total = 0.0, 0.0
    for a, b in zip(parts(out), parts(expected), strict=True):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-12)
        weights = rng.normal(size=a.shape)
        ours_total, theirs_total = ours_total + (a * weights).sum(), theirs_total + (b * torch.tensor(weights)).sum()
    for name, buffer in ours.named_buffers():  # what the call has counted
        np.testing.assert_allclose(buffer.numpy(), theirs.state_dict()[name].numpy(), rtol=1e-11, atol=1e-12)
    ours_total.backward()
    theirs_total.backward()
    pairs = [*zip(mine, other, strict=True), *zip(ours.parameters(), theirs.parameters(), strict=True)]
    for a, b in pairs:
        if isinstance(a, Tensor):
            np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-10, atol=1e-12)
