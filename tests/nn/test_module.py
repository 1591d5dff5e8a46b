"""What a module holds, what it is called, and what it saves."""

import copy
import gc
import pickle
import threading
import traceback
import warnings
import weakref
from inspect import signature

import numpy as np
import pytest

import nn
from autograd import Tensor, tensor
from autograd.engine.graph import STATE, Frame, State
from nn.contents import tensors_of
from nn.module_paths import Call


def scale(*shape):
    return nn.Parameter(np.ones(shape, "float32"))


class Tied(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)
        self.b = self.a
        self.c = nn.Linear(2, 2)
        self.c.weight = self.a.weight


class Net(nn.Module):
    """Modules, parameters and buffers in every place where they are found."""

    def __init__(self):
        self.first = nn.Linear(2, 2)
        self.blocks = [nn.Linear(2, 2), {"deep": (nn.Linear(2, 2), scale(3))}]
        self.heads = {"left": nn.Linear(2, 1), 7: nn.Linear(2, 1)}
        self.gain = scale(2)
        self.mean = nn.Buffer(np.zeros(2, "float32"))
        self.count = nn.Buffer(np.array(0))
        self.words = ["not", "a", "module", 3, None]
        self.constant = np.ones(2)
        self.memory = tensor([1.0, 2.0], requires_grad=True)

    def forward(self, x):
        x = self.blocks[1]["deep"][0](self.blocks[0](self.first(x)))
        return self.heads["left"](x * self.gain) + self.heads[7](x)


def names(pairs):
    return [name for name, _ in pairs]


# --- what is found ------------------------------------------------------------------------------------------------


def test_everything_is_found_in_order():
    net = Net()
    linear = ["first", "blocks.0", "blocks.1.deep.0", "heads.left", "heads.7"]
    assert names(net.named_modules()) == ["", *linear]
    assert names(net.named_parameters()) == [
        "blocks.1.deep.1",
        "gain",
        *(f"{path}.{kind}" for path in linear for kind in ("weight", "bias")),
    ]
    assert names(net.named_buffers()) == ["mean", "count"]
    assert names(net.named_children()) == linear
    assert list(net.state_dict()) == ["blocks.1.deep.1", "gain", "mean", "count", *names(net.named_parameters())[2:]]
    assert [type(m) for m in net.children()] == [nn.Linear] * 5
    assert len(list(net.modules())) == 6
    assert names(net.named_parameters(recurse=False)) == ["blocks.1.deep.1", "gain"]
    assert names(net.heads["left"].named_parameters("head")) == ["head.weight", "head.bias"]
    assert names(net.named_modules("net"))[:2] == ["net", "net.first"]


def test_arrays_and_other_tensors_are_attributes_like_any_other():
    net = Net()
    assert not {"constant", "memory"} & (net.state_dict().keys() | set(names(net.named_parameters())))
    net.astype("float64").zero_grad()
    assert net.constant.dtype == net.memory.dtype == np.float64
    assert net.count.dtype == np.int64


def test_shared_ones_count_once():
    tied = Tied()
    assert names(tied.named_parameters()) == ["a.weight", "a.bias", "c.bias"]
    assert names(tied.named_modules()) == ["", "a", "c"]
    assert names(tied.named_children()) == ["a", "c"]
    for twin in (copy.deepcopy(tied), pickle.loads(pickle.dumps(tied))):
        assert twin.a is twin.b
        assert twin.c.weight is twin.a.weight
        assert twin.a.weight is not tied.a.weight


def test_circles_end():
    class Child(nn.Module):
        def __init__(self, parent):
            self.parent = parent
            self.weight = scale(1)

    parent = nn.Sequential()
    parent.child = Child(parent)
    parent.bag = [1]
    parent.bag.append(parent.bag)
    assert names(parent.named_parameters()) == ["child.weight"]
    assert names(parent.child.named_parameters()) == ["weight"]
    assert repr(parent) == "Sequential(\n  (child): Child(\n    (parent): (...)\n  )\n)"
    assert copy.deepcopy(parent).child.parent is not parent


def test_no_constructor_is_needed():
    class Plain(nn.Module):
        def forward(self, x):
            return x + 1

    class Slotted(nn.Module):
        __slots__ = ("unused",)

        def forward(self, x):
            return x + 2

    assert nn.Sequential(Plain(), Slotted())(1) == 4
    assert Plain().training


def test_forward_must_be_written():
    with pytest.raises(NotImplementedError, match="Module has no method forward"):
        nn.Module()(1)


def test_attributes_are_plain():
    """No magic: reading and setting attributes of a module is what it is for any object; what is not there is an error,
    of other words (tests/errors/test_words.py)."""
    for name in ("__setattr__", "__getattribute__", "__delattr__"):
        assert getattr(nn.Module, name) is getattr(object, name)


# --- parameters and buffers ---------------------------------------------------------------------------------------


def test_a_parameter_owns_its_data():
    data = np.ones(3)
    p = nn.Parameter(data)
    data[0] = 5.0
    assert p.tolist() == [1.0, 1.0, 1.0]
    assert p.dtype == np.float64
    assert p.requires_grad
    assert p.is_leaf
    assert not hasattr(p, "__dict__")
    assert nn.Parameter(tensor(2.0, dtype="float32", requires_grad=True)).dtype == np.float32
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    assert nn.Parameter(np.ones((2, 3)).T).data.flags.c_contiguous


def test_numbers_without_dtype_get_the_default():
    assert nn.Parameter([1, 2]).dtype == nn.Parameter(0.5).dtype == np.float32
    assert nn.Buffer([0.5]).dtype == np.float64
    nn.set_default_dtype("float64")
    assert nn.Parameter([1, 2]).dtype == np.float64


def test_integers_are_no_parameter():
    with pytest.raises(TypeError, match="only real floating-point data can require a gradient"):
        nn.Parameter(np.array([1, 2]))


def test_a_parameter_knows_who_made_it():
    p, b = nn.Parameter(np.ones(1)), nn.Buffer(np.ones(1))
    assert p._info.code is b._info.code is test_a_parameter_knows_who_made_it.__code__


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_of_parameters_and_buffers(twin_of):
    p, b = nn.Parameter(np.ones(2), name="W"), nn.Buffer(np.ones(2))
    p.grad = np.zeros(2)
    twin = twin_of(p)
    assert type(twin) is nn.Parameter
    assert twin.name == "W"
    assert twin.requires_grad
    assert twin.grad is not p.grad
    assert type(twin_of(b)) is nn.Buffer


# --- the paths of calls -------------------------------------------------------------------------------------------


class Spy(nn.Module):
    """Notes the frame that it is called in."""

    def forward(self, x):
        self.state = STATE.get()
        self.frame = self.state.scope
        return x


def path_of(frame):
    parts = []
    while frame is not None:
        parts.append((frame.label, frame.path))
        frame = frame.parent
    return parts


def test_a_call_knows_its_place():
    spy = Spy()
    model = nn.Sequential(nn.Sequential(spy))
    model(1)
    assert path_of(spy.frame) == [("Spy", "0.0"), ("Sequential", "0"), ("Sequential", "")]
    assert STATE.get().scope is None
    first = spy.frame
    model(1)
    assert spy.frame is not first, "every call has a frame of its own"
    spy(1)
    assert path_of(spy.frame) == [("Spy", "")]
    model[0](1)
    assert path_of(spy.frame) == [("Spy", "0"), ("Sequential", "")]
    model(1)
    assert path_of(spy.frame)[0] == ("Spy", "0.0")


def test_the_call_makes_states_as_the_engine_does():
    """`Module.__call__` fills State and Frame by hand, for speed: it must know all their slots."""
    assert sorted(State.__slots__) == ["grad", "readings", "scope", "watch"]
    assert sorted(Frame.__slots__) == ["label", "parent", "path"]
    spy = Spy()
    outside = State(False, None, object(), 3)
    token = STATE.set(outside)
    try:
        spy(1)
        assert STATE.get() is outside
    finally:
        STATE.reset(token)
    for name in State.__slots__:
        assert getattr(spy.state, name) is (spy.frame if name == "scope" else getattr(outside, name))
    assert isinstance(spy.frame, Call)
    assert repr(spy.frame) == "Frame(Spy)"


def test_a_replaced_module_is_noticed():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    x = np.ones((1, 2), "float32")
    model(x)
    model[1] = nn.Sequential(spy := Spy(), nn.Linear(2, 2))
    model(x)
    assert spy.frame.path == "1.0"
    assert model[1][1].weight.name == "1.1.weight"


def test_an_id_used_again_does_not_confuse():
    model = nn.Sequential(Spy())
    for _ in range(100):
        model(1)
        old = weakref.ref(model[0])
        model._layers.clear()
        assert old() is None
        model.append(nn.Sequential())  # often at the address of the old one
        model.append(Spy())
        model(1)
        assert model[1].frame.path == "1"
        model._layers.clear()
        model.append(Spy())


def test_a_module_that_no_attribute_leads_to():
    hidden = nn.Sequential(spy := Spy(), nn.Linear(2, 2))

    class Hiding(nn.Module):
        def __init__(self):
            self.found = Spy()

        def forward(self, x):
            return self.found(hidden(x))

    model = Hiding()
    walks = []
    named_modules = model.named_modules
    model.named_modules = lambda: walks.append(1) or named_modules()
    for _ in range(5):
        model(np.ones((1, 2), "float32"))
    assert path_of(spy.frame) == [("Spy", None), ("Sequential", None), ("Hiding", "")]
    assert model.found.frame.path == "found"
    assert len(walks) == 2, "one walk for the model, one for the hidden module, none later"


def test_modules_made_on_the_fly_leave_nothing_behind():
    class Making(nn.Module):
        def forward(self, x):
            return nn.ReLU()(x)

    model = Making()
    for _ in range(50):
        model(1.0)
    assert len(model._module_paths.places) <= 2
    assert len(model._module_paths.alive) <= 3


def test_threads_do_not_see_each_others_calls():
    inside, done = threading.Event(), threading.Event()

    class Waiting(nn.Module):
        def forward(self, x):
            inside.set()
            assert done.wait(10)
            return x

    thread = threading.Thread(target=Waiting(), args=(1,))
    thread.start()
    assert inside.wait(10)
    spy = Spy()
    spy(1)
    done.set()
    thread.join()
    assert path_of(spy.frame) == [("Spy", "")]


def test_a_graph_keeps_no_model_alive_and_a_model_no_cycle():
    gc.disable()
    try:
        model = nn.MLP([2, 3, 1])
        out = model(np.ones((1, 2), "float32"))
        watched = weakref.ref(model), weakref.ref(model[0]), weakref.ref(model[0].weight)
        del model
        assert [w() for w in watched] == [None, None, None]
        assert out._node.scope.path == "2"
    finally:
        gc.enable()


# --- names of parameters ------------------------------------------------------------------------------------------


def test_parameters_are_named_after_their_places():
    net = Net()
    net.first.weight.name = "W"
    assert net.gain.name is None
    net(np.ones((1, 2), "float32"))
    assert net.first.weight.name == "W"
    assert net.blocks[1]["deep"][0].bias.name == "blocks.1.deep.0.bias"
    assert repr(net.gain).startswith("tensor([1., 1.], name='gain'")


def test_a_larger_model_renames_what_was_named_by_itself():
    layer = nn.Linear(2, 2)
    layer.bias.name = "mine"
    x = np.ones((1, 2), "float32")
    layer(x)
    assert (layer.weight.name, layer.bias.name) == ("weight", "mine")
    model = nn.Sequential(layer)
    model(x)
    assert (layer.weight.name, layer.bias.name) == ("0.weight", "mine")
    layer(x)
    assert layer.weight.name == "0.weight", "the name in the larger model says more"
    first_called_inside = nn.Sequential(nn.Linear(2, 2))
    first_called_inside(x)
    first_called_inside[0](x)
    assert first_called_inside[0].weight.name == "0.weight"
    other = nn.Sequential(nn.ReLU(), layer)
    other(x)
    assert layer.weight.name == "1.weight"
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin[0].weight.name == "1.weight"
        nn.Sequential(twin)(x)
        assert (twin[0].weight.name, twin[0].bias.name) == ("0.0.weight", "mine")


def test_a_name_given_by_a_user_stays_even_if_it_is_that_of_the_place():
    layer = nn.Linear(2, 2)
    layer.weight.name = "weight"
    nn.Sequential(layer)(np.ones((1, 2), "float32"))
    assert layer.weight.name == "weight"


def test_copies_have_places_of_their_own():
    model = nn.Sequential(spy := Spy())
    model(1)
    twins = copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    assert [twin._module_paths for twin in twins[1:]] == [None, None]
    for twin in twins:
        outer = nn.Sequential(twin)
        outer(1)
        assert twin[0].frame.path == "0.0"
        twin(1)
        assert path_of(twin[0].frame) == [("Spy", "0"), ("Sequential", "")]
    model(1)
    assert path_of(spy.frame) == [("Spy", "0"), ("Sequential", "")]


# --- errors -------------------------------------------------------------------------------------------------------


def test_an_error_says_in_which_module():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh(), nn.Linear(4, 5)))
    with pytest.raises(ValueError, match="last axis has size 4") as caught:
        model(np.ones((1, 2), "float32"))
    assert caught.value.__notes__ == ["in module 1.1: Linear(in_features=4, out_features=5, bias=True)"]
    assert "in module 1.1" in "".join(traceback.format_exception(caught.value))
    assert STATE.get().scope is None


# --- training and evaluation, functions over modules --------------------------------------------------------------


def test_train_and_eval():
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())
    net.first.eval()
    assert [m.training for m in net.modules()] == [True, False, True, True, True, True]
    assert nn.Module.training is True


@pytest.mark.parametrize("to", [lambda m, d: m.to(d), lambda m, d: m.to("cpu", np.dtype(d)), lambda m, d: m.type(d)])
def test_conversion_in_the_words_of_pytorch(to):
    net = Net()
    assert to(net, "float64") is net.cpu() is net.to("cpu") is net.to(device="cpu", non_blocking=True)
    assert net.gain.dtype == net.mean.dtype == np.float64
    assert net.count.dtype == np.int64
    assert net.half().gain.dtype == np.float16
    assert net.double().gain.dtype == net.to(Net().double().gain).gain.dtype == np.float64
    assert net.float().gain.dtype == net.to(np.ones(1, "float32"), False).gain.dtype == np.float32


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", 0, "float65"])
def test_there_is_one_device(device):
    with pytest.raises(ValueError, match=r"there is no device '?[a-z0-9:]+'? here.*write \"cpu\""):
        nn.Linear(2, 1).to(device)


def test_freezing():
    net = Net()
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    assert all(p.requires_grad for p in net.requires_grad_().parameters())


# --- what is registered by name -----------------------------------------------------------------------------------


class Registered(nn.Module):
    def __init__(self):
        self.register_buffer("mean", np.zeros(2))
        self.register_buffer("mask", tensor([1.0, 0.0]), persistent=False)
        self.register_buffer("nothing", None)
        self.register_parameter("gain", scale(2))
        self.register_parameter("bias", None)
        self.add_module("layer", nn.Linear(2, 2))
        self.register_module("none", None)

    def forward(self, x):
        self.mean = 0.5 * self.mean + x.mean(axis=0)
        return self.layer(x) * self.gain * self.mask


def test_registered_parts():
    model = Registered()
    assert names(model.named_buffers()) == ["mean", "mask"]
    assert list(model.state_dict()) == ["gain", "mean", "layer.weight", "layer.bias"]
    assert model.bias is model.nothing is model.none is None
    model(np.ones((3, 2)).astype("float32"))
    assert model.mean.tolist() == model.state_dict()["mean"].tolist() == [1.0, 1.0]
    assert type(model.mean) is nn.Buffer
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), Registered()):
        twin.load_state_dict({**model.state_dict(), "mean": [3.0, 4.0]})
        twin.mean = twin.mean + 1.0
        assert twin.state_dict()["mean"].tolist() == [4.0, 5.0]
        assert twin.mask.tolist() == [1.0, 0.0]
        assert twin.float().mean.dtype == twin.mask.dtype == np.float32
    with pytest.raises(nn.StateDictError, match="unexpected: mask"):
        model.load_state_dict({**model.state_dict(), "mask": [1.0, 1.0]})


def test_a_registered_buffer_in_its_graph():
    """What was computed from parameters and assigned keeps its graph, and states have its values."""
    model = Registered()
    model.mean = model.gain * 3.0
    assert names(model.named_buffers()) == ["mean", "mask"]
    assert model.state_dict()["mean"].tolist() == [3.0, 3.0]
    model.mean.sum().backward()
    assert model.gain.grad.tolist() == [3.0, 3.0]


def test_what_cannot_be_registered():
    model = Registered()
    model.register_buffer("mean", np.ones(2))
    for register, name, value, error, words in (
        (model.register_buffer, "gain", np.ones(2), KeyError, "already has an attribute 'gain'"),
        (model.register_buffer, "forward", np.ones(2), KeyError, "already has an attribute 'forward'"),
        (model.register_parameter, "a.b", scale(2), KeyError, "without dots, not 'a.b'"),
        (model.register_parameter, "new", np.ones(2), TypeError, "a Parameter or None, not a ndarray"),
        (nn.Sequential().add_module, "parameters", nn.ReLU(), KeyError, "already has an attribute 'parameters'"),
        (model.add_module, "", nn.ReLU(), KeyError, "non-empty"),
        (model.add_module, "new", nn.ReLU, TypeError, "a Module or None, not a type"),
        (model.add_module, 3, nn.ReLU(), KeyError, "non-empty name .*, not 3"),
    ):
        with pytest.raises(error, match=words):
            register(name, value)


def test_parts_by_their_paths():
    net, tied = Net(), Tied()
    assert net.get_submodule("blocks.1.deep.0") is net.blocks[1]["deep"][0]
    assert net.get_submodule("") is net
    assert net.get_parameter("heads.7.bias") is net.heads[7].bias
    assert net.get_buffer("mean") is net.mean
    assert tied.get_parameter("c.weight") is tied.get_parameter("b.weight") is tied.a.weight
    for get, name, words in (
        (net.get_submodule, "third", r"Net has no module 'third'; it has \['', 'first', 'blocks.0'"),
        (net.get_parameter, "mean", r"Net has no parameter 'mean'; it has .*\.\.\."),
        (nn.ReLU().get_buffer, "mean", r"ReLU has no buffer 'mean'; it has \[\]"),
    ):
        with pytest.raises(AttributeError, match=words):
            get(name)


# --- lists and dicts ----------------------------------------------------------------------------------------------


def test_named_modules_of_a_sequence_are_attributes():
    model = nn.Sequential({"first": nn.Linear(2, 3), "training": nn.ReLU()})
    model.add_module("last", nn.Tanh())
    model.add_module("last", nn.Linear(3, 1))
    assert model.first is model[0]
    assert model.training is True
    assert pickle.loads(pickle.dumps(model)).last.weight.shape == (1, 3)
    with pytest.raises(AttributeError, match="'Sequential' object has no attribute 'second'"):
        model.second  # noqa: B018


def test_lists_of_modules():
    a, b, c = nn.ReLU(), nn.Tanh(), nn.Linear(2, 2)
    layers = nn.ModuleList([a, b])
    layers.append(c)
    layers += [nn.Sigmoid()]
    layers.insert(0, layers.pop())
    assert [*layers[1:]] == [a, b, c]
    assert type(layers) is nn.ModuleList
    assert names(layers.named_children()) == ["0", "1", "2", "3"]
    layers.add_module("4", nn.Softplus())
    assert len(list(layers.children())) == len(layers) == 5
    assert layers in {layers}
    assert layers != nn.ModuleList(layers)
    assert not layers.eval()[0].training
    layers.append(nn.Tanh)
    for wrong in (lambda: nn.ModuleList([nn.Tanh]), lambda: list(layers.parameters())):
        with pytest.raises(TypeError, match=r"ModuleList takes modules, not <class .*: write Tanh\(\)"):
            wrong()
    with pytest.raises(NotImplementedError, match="ModuleList has no method forward"):
        nn.ModuleList()(1.0)


def test_dicts_of_modules():
    a, b = nn.ReLU(), nn.Linear(2, 2)
    layers = nn.ModuleDict([("a", a)])
    layers.update({"b": b})
    layers.add_module("c", layers.setdefault("type", nn.Tanh()))
    assert list(layers) == ["a", "b", "type", "c"]
    assert layers.pop("a") is a
    assert names(layers.named_parameters()) == ["b.weight", "b.bias"]
    with pytest.raises(TypeError, match="ModuleDict takes modules, not 3"):
        nn.ModuleDict({"c": 3})
    with pytest.raises(KeyError, match="a name must not contain a dot"):
        nn.ModuleDict({"a.b": a})


def test_lists_and_dicts_of_parameters():
    p = scale(2)
    some = nn.ParameterList([p, tensor([1.0]), np.ones(3), "a word"])
    assert some[0] is p
    assert [type(x) for x in some] == [nn.Parameter] * 3 + [str]
    assert names(some.named_parameters()) == ["0", "1", "2"]
    assert repr(some) == "ParameterList((0): float32 (2,), (1): float64 (1,), (2): float64 (3,))"
    named = nn.ParameterDict({"a": p})
    named["b"] = tensor([2.0])
    assert names(named.named_parameters()) == ["a", "b"]
    assert type(named["b"]) is nn.Parameter
    assert not isinstance(some, nn.ModuleList)


def test_pytorch_has_the_same_names_in_its_states():
    torch = pytest.importorskip("torch")

    def model(nn, p):
        made = nn.Sequential()
        made.add_module("list", nn.ModuleList([nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)]))
        made.add_module("dict", nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.BatchNorm1d(2)}))
        made.add_module("some", nn.ParameterList([p, p]))
        made.add_module("by name", nn.ParameterDict({"x": p, "y": p}))
        made.dict.register_buffer("gone", None)
        return made

    ours, theirs = model(nn, scale(2)), model(torch.nn, torch.nn.Parameter(torch.ones(2)))
    assert list(theirs.state_dict()) == names(tensors_of(ours))


def test_apply_goes_from_the_inside_out():
    order = []
    model = nn.Sequential(a := nn.Sequential(b := nn.ReLU()), c := nn.Tanh(), a)
    assert model.apply(order.append) is model
    assert [id(m) for m in order] == [id(m) for m in (b, a, c, model)]


def test_zero_grad():
    model = nn.MLP([2, 3, 1])
    model(np.ones((4, 2), "float32")).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad(set_to_none=False)
    assert not any(p.grad.any() for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_astype_converts_gradients_too():
    net = Net()
    net(np.ones((4, 2), "float32")).sum().backward()
    assert net.astype(np.float64) is net
    assert {p.dtype for p in net.parameters()} == {np.dtype("float64")}
    assert net.mean.dtype == net.gain.grad.dtype == np.float64
    net(np.ones((4, 2))).sum().backward()
    assert net.gain.grad.dtype == np.float64
    with pytest.raises(TypeError, match="real floating-point dtype"):
        net.astype(int)


# --- state --------------------------------------------------------------------------------------------------------


def test_a_state_is_a_snapshot():
    layer = nn.Linear(2, 1)
    state = layer.state_dict()
    before = state["weight"].copy()
    layer.weight.data += 1.0
    np.testing.assert_array_equal(state["weight"], before)


def test_loading_converts_to_the_dtype_of_the_module():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": [[1, 2]], "bias": tensor([3.0])})
    assert layer.weight.tolist() == [[1.0, 2.0]]
    assert layer.bias.tolist() == [3.0]
    assert layer.weight.dtype == layer.bias.dtype == np.float32


def test_all_differences_are_listed_and_nothing_is_changed():
    net = Net()
    before = net.state_dict()
    state = {**before, "first.weight": np.ones((3, 2)), "gain": np.ones(5), "extra": np.ones(1), "more": np.ones(())}
    state["first.bias"] = np.array(["a", "b"])
    state["count"] = np.array(0.5)
    state["heads.7.bias"] = np.array([9.0])  # fits
    del state["mean"], state["blocks.0.bias"]
    with pytest.raises(nn.StateDictError) as caught:
        net.load_state_dict(state)
    assert str(caught.value).splitlines() == [
        "this state does not fit Net, and nothing was changed:",
        "  missing: mean (2,), blocks.0.bias (2,)",
        "  unexpected: extra (1,), more ()",
        "  wrong shape: gain is (5,) in the state, (2,) in the module",
        "  wrong dtype: count is float64 in the state, int64 in the module",
        "  wrong shape: first.weight is (3, 2) in the state, (2, 2) in the module",
        "  wrong dtype: first.bias is <U1 in the state, float32 in the module",
    ]
    for other in (None, net, "net.npz"):
        with pytest.raises(
            nn.StateDictError, match=rf"takes a dict from state_dict\(\), not a {type(other).__name__}\."
        ):
            net.load_state_dict(other)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_state_that_need_not_fit():
    layer = nn.Linear(2, 1)
    report = layer.load_state_dict({"weight": [[1.0, 2.0]], "extra": 1.0}, strict=False)
    assert report == (["bias"], ["extra"])
    assert report.missing_keys == ["bias"]
    assert layer.weight.tolist() == [[1.0, 2.0]]
    with pytest.raises(nn.StateDictError, match="wrong shape"):
        layer.load_state_dict({"weight": [[1.0]]}, strict=False)


def test_names_of_a_shared_tensor():
    """PyTorch writes a shared parameter under all its names; each of them will do, but they must agree."""
    tied, w, rest = Tied(), np.arange(4.0).reshape(2, 2), {"a.bias": np.ones(2), "c.bias": np.ones(2)}
    assert list(tied.state_dict()) == ["a.weight", "a.bias", "c.bias"]
    for given in (["a.weight"], ["b.weight"], ["c.weight"], ["a.weight", "b.weight", "c.weight"]):
        tied.a.weight.data = np.zeros((2, 2), "float32")
        tied.load_state_dict({**rest, **{name: w.copy() for name in given}})
        np.testing.assert_array_equal(tied.c.weight.data, w)
    with pytest.raises(nn.StateDictError, match=r"conflict: a.weight and c.weight are the same Tensor"):
        tied.load_state_dict({**rest, "a.weight": w, "c.weight": w + 1})


def test_loading_between_forward_and_backward_is_noticed():
    layer = nn.Linear(2, 1)
    x = tensor([[1.0, 2.0]], dtype="float32", requires_grad=True)
    loss = layer(x).sum()
    layer.load_state_dict(nn.Linear(2, 1).state_dict())
    with pytest.raises(RuntimeError, match="changed after linear had used it"):
        loss.backward()


def test_optimizer_state_survives_loading():
    """The Tensors stay the same objects, so an optimizer that holds them goes on."""
    layer = nn.Linear(2, 1)
    held = list(layer.parameters())
    layer.load_state_dict(nn.Linear(2, 1).state_dict())
    assert all(a is b for a, b in zip(held, layer.parameters(), strict=True))


# --- precision ----------------------------------------------------------------------------------------------------


def test_double_input_of_a_single_model_is_warned_about_once():
    model = nn.MLP([2, 3, 1])
    with pytest.warns(nn.PrecisionWarning, match=r"MLP has parameters in float32, but its input is float64") as caught:
        out = model(np.ones((1, 2)))
    assert out.dtype == np.float64
    assert caught[0].filename == __file__, "the warning points at the user's line"
    assert "x.astype('float32')" in str(caught[0].message)
    assert "model.astype('float64')" in str(caught[0].message)
    model(np.ones((1, 2)))
    with pytest.warns(nn.PrecisionWarning):
        nn.Linear(2, 1)(tensor(np.ones((1, 2))))


def test_what_is_not_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.Linear(2, 1)(np.ones((1, 2), "float32"))
        nn.Linear(2, 1)([[1.0, 2.0]])
        nn.Linear(2, 1)(np.ones((1, 2), int))
        nn.Linear(2, 1, dtype="float64")(np.ones((1, 2)))
        nn.Linear(2, 1).astype("float64")(np.ones((1, 2)))
        nn.ReLU()(np.ones(2))
        nn.MSELoss()(np.ones(2), np.ones(2))
        model = nn.Linear(2, 1)
        model(np.ones((1, 2), "float32"))
        model.astype("float64")
        model(np.ones((1, 2)))


def test_tensors_are_not_confused_with_parameters():
    assert issubclass(nn.Parameter, Tensor)
    assert issubclass(nn.Buffer, Tensor)
    x = nn.Parameter([1.0])
    (x * 2).backward()
    assert x._node.kind == "parameter"


# --- modules that are a function with settings --------------------------------------------------------------------


def test_a_module_of_a_function_takes_its_settings():
    """By place or name, shown by `help`; one of a class of one's own keeps what its constructor says."""
    how = "reduction: Literal['mean', 'sum', 'none'] = 'mean'"
    assert str(signature(nn.MarginRankingLoss)) == f"(margin: float = 0.0, *, {how})"
    assert str(signature(nn.HuberLoss)) == f"({how}, delta: float = 1.0) -> None"
    assert (nn.PairwiseDistance(1.0, 0.5).p, nn.PairwiseDistance(1.0, 0.5).eps) == (1.0, 0.5)
    assert "a vector of zeros" in nn.CosineSimilarity.__doc__
    for wrong, words in (
        (lambda: nn.CELU(0.5, True, 1), r"CELU takes alpha, inplace, not \(0.5, True, 1\) and {}"),
        (lambda: nn.CELU(0.5, alpha=1.0), r"CELU takes alpha, inplace, not \(0.5,\) and {'alpha': 1.0}"),
        (lambda: nn.CELU(beta=1.0), "CELU takes alpha, inplace, not"),
        (lambda: nn.Tanh(1.0), "Tanh takes no arguments"),
        (lambda: nn.TripletMarginLoss(reduction="max"), "reduction must be 'mean', 'sum' or 'none', not 'max'"),
    ):
        with pytest.raises((TypeError, ValueError), match=words):
            wrong()

    class Mine(nn.MarginRankingLoss):
        def __init__(self, wide):
            super().__init__(2.0 * wide)

    assert Mine(1.0)([1.0], [0.0], [1]) == 1.0
    old = nn.LeakyReLU.__new__(nn.LeakyReLU)  # as pickled before there were functions with ``inplace``
    old.__dict__["negative_slope"] = 0.5
    assert old(np.array([-2.0])) == -1.0
