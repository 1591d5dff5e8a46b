"""Hooks of modules: what they see, in which order, what they exchange; the same programs in PyTorch."""

import copy
import gc
import pickle
import warnings
import weakref

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import GradientShapeError, Tensor, hessian, jacobian, tensor
from autograd.engine.graph import newest_first


def here(values, requires_grad=False):
    return tensor(np.array(values, "float64"), requires_grad=requires_grad)


def rows(tensors):
    """The values of gradients, as lists."""
    return [None if t is None else np.asarray(getattr(t, "data", t)).round(12).tolist() for t in tensors]


def every_kind(lib, make, say):
    class Model(lib.Module):
        def forward(self, x, y, k=1.0):
            return x * y * k, x + y

    model = Model()
    model.register_forward_pre_hook(lambda m, args: say("second", len(args)))
    model.register_forward_pre_hook(lambda m, args, kwargs: say("first", kwargs), with_kwargs=True, prepend=True)
    model.register_forward_pre_hook(lambda m, args, kwargs: (args, {"k": 3.0}), with_kwargs=True)
    model.register_forward_pre_hook(lambda m, args: (2.0 * args[0], args[1]))
    model.register_forward_hook(lambda m, args, kwargs, out: say(kwargs, rows(args)), with_kwargs=True)
    model.register_forward_hook(lambda m, args, out: (out[0] + 1.0, out[1]))
    model.register_full_backward_hook(lambda m, gi, go: say("late", rows(gi), rows(go)))
    model.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1.0, gi[1]), prepend=True)
    x, y = make([1.0, 2.0], True), make([3.0, 4.0], True)
    a, b = model(x, y, k=2.0)
    say(rows([a, b]))
    (a.sum() + b.sum()).backward(retain_graph=True)
    (a.sum() + b.sum()).backward()
    say(rows([x.grad, y.grad]))


def inputs_without_gradient(lib, make, say):
    class Model(lib.Module):
        def forward(self, x):
            return x * weight

    model, weight = Model(), make([1.0, 2.0], True)
    model.register_full_backward_hook(lambda m, gi, go: say(rows(gi), rows(go)))
    model(make([3.0, 4.0])).sum().backward()
    say(rows([weight.grad]))


def one_tensor(lib, make, say):
    model = lib.Sequential(lib.Tanh(), lib.Identity())
    model[0].register_forward_hook(lambda m, args, out: out * 2.0)
    model[0].register_forward_pre_hook(lambda m, args: args[0] * 0.5)
    model[1].register_full_backward_hook(lambda m, gi, go: (gi[0] * 3.0,))
    x = make([1.0, 2.0], True)
    model(x).sum().backward()
    say(rows([x.grad]))


def handles(lib, make, say):
    model, x = lib.Tanh(), make([1.0])
    first = model.register_forward_hook(lambda m, args, out: say("first"))
    within = model.register_forward_hook(lambda m, args, out: say("within"), prepend=True)
    model(x)
    within.remove()
    again = model.register_forward_hook(lambda m, args, out: say("again"))
    first.remove()
    first.remove()
    model(x)
    again.remove()
    model(x)
    model.register_forward_hook(lambda m, args, out: say("last"))
    model(x)
    lib.Sequential(model)(x)


def an_error(lib, make, say):
    class Model(lib.Module):
        def forward(self, x):
            raise ValueError("no")

    model = Model()
    model.register_forward_hook(lambda m, args, out: say("always", out), always_call=True)
    model.register_forward_hook(lambda m, args, out: say("never"))
    with pytest.raises(ValueError, match="no"):
        model(make([1.0]))


PROGRAMS = [every_kind, inputs_without_gradient, one_tensor, handles, an_error]


def said(program, lib, make):
    lines = []
    program(lib, make, lambda *words: lines.append(words))
    return lines


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_as_pytorch(program):
    torch = pytest.importorskip("torch")

    def there(values, requires_grad=False):
        return torch.tensor(values, dtype=torch.float64, requires_grad=requires_grad)

    lines = said(program, nn, here)
    assert lines == said(program, torch.nn, there)
    assert len(lines) > 0


def test_every_kind_by_hand():
    lines = said(every_kind, nn, here)
    assert lines[:4] == [("first", {"k": 2.0}), ("second", 2), ({"k": 3.0}, [[2.0, 4.0], [3.0, 4.0]]), lines[3]]
    assert lines[3] == ([[19.0, 49.0], [5.0, 8.0]],)
    assert lines[4] == ("late", [[11.0, 14.0], [7.0, 13.0]], [[1.0, 1.0], [1.0, 1.0]])
    assert lines[-1] == ([[44.0, 56.0], [14.0, 26.0]],)


def model():
    """A network that computes with hooks what `plain` computes without."""
    made = nn.MLP([3, 4, 2], "tanh", dtype="float64", rng=0)
    made[0].register_forward_hook(doubled)
    made[2].register_forward_pre_hook(halved)
    made[2].register_full_backward_hook(seen)
    return made


def plain():
    made = nn.MLP([3, 4, 2], "tanh", dtype="float64", rng=0)
    return lambda x: made[2](0.5 * made[1](2.0 * made[0](x)))


def doubled(module, args, output):
    return 2.0 * output


def halved(module, args):
    return (0.5 * args[0],)


def seen(module, grad_input, grad_output):
    if not all(isinstance(g, Tensor) for g in (*grad_input, *grad_output)):  # `assert` would lead a trace to pytest
        raise TypeError


@pytest.mark.parametrize("twin_of", [lambda m: m, copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_transforms_and_copies(twin_of):
    f, g, x = twin_of(model()), plain(), np.arange(3.0)[None]
    np.testing.assert_allclose(f(x).numpy(), g(x).numpy(), rtol=1e-14)
    for found, expected in (
        (jacobian(f)(x), jacobian(g)(x)),
        (hessian(lambda x: f(x).sum())(x), hessian(lambda x: g(x).sum())(x)),
    ):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)


def test_the_handle_of_a_copy_is_its_own():
    layer = nn.Tanh()
    layer.handle = layer.register_forward_hook(doubled)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        twin.handle.remove()
        assert 2 * twin(0.5) == layer(0.5)


def test_a_hook_may_take_itself_off():
    layer, calls = nn.Tanh(), []
    handle = layer.register_forward_hook(lambda m, args, out: (calls.append(1), handle.remove())[1])
    other = layer.register_forward_hook(lambda m, args, out: calls.append(2))
    for _ in range(2):
        layer(1.0)
    other.remove()
    layer(1.0)
    assert calls == [1, 2, 2]
    assert "_hooks" not in vars(layer)


def test_a_call_knows_its_place():
    """Also of a module that has hooks, had them, or gets them after the first call; inside and outside."""
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.Tanh()))
    x = np.ones((1, 1), "float32")

    def places():
        return [v.scope.path for v in newest_first([model(x)._node]) if v.op is not None and v.scope is not None]

    def refused():
        with pytest.raises(ValueError, match="last axis has size 1") as caught:
            model(np.ones((1, 2), "float32"))
        return caught.value.__notes__

    expected = places(), refused()
    handles = [m.register_forward_hook(lambda m, args, out: None) for m in model.modules()]
    assert (places(), refused()) == expected
    for handle in handles:
        handle.remove()
    assert (places(), refused()) == expected
    inner = model[1][0]
    assert id(inner) in model._module_paths.places
    assert not model._module_paths.hooked


def test_hooks_keep_no_model_alive():
    gc.disable()
    try:
        made = model()
        made(np.ones((1, 3)))
        watched = weakref.ref(made), weakref.ref(made[0])
        del made
        assert [w() for w in watched] == [None, None]
    finally:
        gc.enable()


def test_without_gradients_nothing_is_recorded():
    made = model()
    with autograd.no_grad():
        assert not made(np.ones((1, 3))).requires_grad


def test_bad_hooks():
    layer, x = nn.Tanh(), tensor([1.0, 2.0], requires_grad=True)
    for register in (layer.register_forward_hook, layer.register_full_backward_hook):
        with pytest.raises(TypeError, match="hook must be callable, not 'print'"):
            register("print")
    handle = layer.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(TypeError, match=r"must return None or \(args, kwargs\), not 3"):
        layer(x)
    handle.remove()
    handle = layer.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    out = layer(x).sum()
    with pytest.raises(ValueError, match="returned 2 gradients, not 1, one per input"):
        out.backward()
    handle.remove()
    handle = layer.register_full_backward_hook(lambda m, gi, go: gi[0].sum())
    out = layer(x).sum()
    with pytest.raises(GradientShapeError, match=r"a hook on this Tensor .* returned a gradient of shape \(\)"):
        out.backward()
    handle.remove()
    assert x.grad is None
    handle = layer.register_full_backward_hook(lambda m, gi, go: np.negative(gi[0].data, out=gi[0].data))
    out = layer(x).sum()
    with pytest.raises(ValueError, match="read-only"):
        out.backward()
    handle.remove()


def test_a_hook_that_fails_after_an_error():
    class Broken(nn.Module):
        def forward(self, x):
            raise ValueError("first")

    broken = Broken()
    broken.register_forward_hook(lambda m, args, out: out.shape, always_call=True)
    with (
        pytest.warns(UserWarning, match="always_call=True raised AttributeError") as caught,
        pytest.raises(ValueError, match="first"),
    ):
        broken(1.0)
    assert caught[0].filename == __file__


def steps(hook, change, compiled):
    made = model()
    made[1].register_forward_hook(hook)
    optimizer, losses = optim.SGD(made.parameters(), lr=0.1), []

    def step(x):
        optimizer.zero_grad()
        loss = (made(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    run = autograd.compile(step) if compiled else step
    for i in range(10):
        if i == 6:
            change(made)
        losses.append(run(np.full((1, 3), i + 1.0)).item())
    losses.append(rows([getattr(made[1], "seen", None)]))
    return losses, run


SEEN = []


@pytest.mark.parametrize(
    ("hook", "change", "why"),
    [
        (doubled, lambda m: None, None),
        (doubled, lambda m: m[1].register_forward_hook(doubled), None),
        (doubled, lambda m: m[1]._hooks.clear(), None),
        (lambda m, args, out: SEEN.append(out.shape), lambda m: None, "is new after each run"),
        (lambda m, args, out: setattr(m, "seen", out), lambda m: None, None),
        (lambda m, args, out: out * 2.0 if float(out.data.sum()) > 0 else None, lambda m: None, "leaves the trace"),
    ],
)
def test_compiled(hook, change, why):
    """A replay with hooks gives what eager does, or there is none, and the reason is said."""
    expected, _ = steps(hook, change, False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", autograd.CompileWarning)
        found, run = steps(hook, change, True)
    assert found == expected
    if why is None:
        assert "1 program" in run.explain() or "2 programs" in run.explain()
        assert "0 eager calls" in run.explain()
    else:
        assert "runs eager" in run.explain()
        assert why in run.explain()
