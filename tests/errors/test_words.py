"""Words of other libraries: each ends in an error that says ours, and what it says runs."""

import copy
import pickle
import pydoc
import re
import subprocess
import sys
import traceback
from collections import Counter
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from operator import attrgetter

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, grad, hessian, hvp, jacobian, jvp, no_grad, tensor, value_and_grad, vjp
from autograd.words import words

PLACES = {
    **{name: import_module(name) for name in ("autograd", "nn", "nn.data", "nn.functional", "nn.init", "nn.metrics")},
    **{name: import_module(name) for name in ("nn.utils", "nn.utils.rnn", "optim")},
    "Tensor": tensor([1.0], requires_grad=True),
    "Module": nn.Linear(3, 2),
    "Optimizer": optim.SGD([tensor([1.0], requires_grad=True)], lr=0.1),
}
PACKAGES = [place for place in PLACES if place.islower()]
LIBRARIES = {"HIPS autograd", "JAX", "Keras", "NumPy", "PyTorch", "SciPy", "micrograd", "scikit-learn", "tinygrad"}
TABLE = list(dict.fromkeys(words().values()))


def names():
    """What the code of a line may use."""
    rng = np.random.default_rng(0)
    nn.manual_seed(0)
    x, y = rng.uniform(0.1, 0.9, (2, 3)).astype("float32"), rng.uniform(0.1, 0.9, (2, 3)).astype("float32")
    model = nn.Linear(3, 3)
    optimizer = optim.Adam(model.parameters())
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    return {
        "np": np,
        "autograd": autograd,
        "nn": nn,
        "optim": optim,
        "F": nn.functional,
        "rng": rng,
        **{f.__name__: f for f in (Tensor, tensor, grad, hessian, hvp, jacobian, jvp, no_grad, value_and_grad, vjp)},
        "x": x,
        "y": y,
        "f": np.tanh,
        "model": model,
        "loss": loss,
        "optimizer": optimizer,
        "mask": x > 0.5,
        "t": tensor(x, requires_grad=True),
        "other": tensor(x + 0.5),
        "value": np.ones((3, 3)),
        "w": tensor(np.eye(3) + 0.5, requires_grad=True),
        "labels": np.array([0, 1]),
        "images": tensor(np.ones((1, 1, 4, 4))),
        "kernels": np.ones((1, 1, 2, 2)),
    }


def refused(place, word):
    """The error of asking for a word."""
    try:
        getattr(PLACES[place], word)
    except AttributeError as error:
        return error
    return None


def import_error(place, word):
    """The error of importing a word."""
    try:
        exec(f"from {place} import {word}", {})
    except ImportError as error:
        return error
    return None


def test_the_table():
    assert len(TABLE) >= 200
    lines = [line for line in autograd_lines() if line and line[0] != "#"]
    assert [line for line in lines if len(line.split("|")) != 5] == []
    assert [key for key, n in Counter((w.place, w.word) for w in TABLE).items() if n > 1] == []
    assert len(lines) == len(TABLE)
    assert len(set(ARGUMENTS)) == len(ARGUMENTS)
    assert {w.place for w in TABLE} == {*PLACES, "argument"}
    assert {library for w in TABLE for library in w.libraries.split(", ")} == LIBRARIES


def autograd_lines():
    [folder] = find_spec("autograd").submodule_search_locations
    with open(f"{folder}/words.txt", encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file]


@pytest.mark.parametrize("place", PLACES)
def test_each_word_is_answered_by_ours(place):
    """Or its line is to go, because the word exists meanwhile."""
    asked = {w.word: refused(place, w.word) for w in TABLE if w.place == place}
    assert [word for word, error in asked.items() if error is None] == [], "exist, so that their lines are to go"
    for word, error in asked.items():
        hint = words()[place, word].hint
        assert hint
        shown = "".join(traceback.format_exception_only(error))
        assert shown.rstrip().endswith(f"has no attribute {word!r}. {hint}"), shown
        assert "Did you mean" not in shown
        assert not hasattr(PLACES[place], word)


@pytest.mark.parametrize("place", PACKAGES)
def test_an_import_of_each_word_is_answered_by_ours(place):
    for w in (w for w in TABLE if w.place == place):
        error = import_error(place, w.word)
        assert error, f"{place}.{w.word} exists, so that its line is to go"
        assert (str(error), error.name) == (f"cannot import name {w.word!r} from {place!r}. {w.hint}", place)


ARGUMENTS = [name for w in TABLE if w.place == "argument" for name in w.word.split(", ")]


@pytest.mark.parametrize(
    "make", [nn.Dropout, nn.MSELoss, nn.EarlyStopping, partial(optim.SGD, [tensor([1.0], requires_grad=True)], lr=0.1)]
)
def test_an_argument_of_each_word_is_answered_by_ours(make):
    for name in ARGUMENTS:
        with pytest.raises(TypeError) as caught:
            make(**{name: 0.5})
        words_of_python = (
            f"{getattr(make, 'func', make).__name__}.__init__() got an unexpected keyword argument {name!r}"
        )
        assert str(caught.value) == f"{words_of_python}. {words()['argument', name].hint}"


FUNCTIONS = [
    *(partial(tensor, 1.0), grad, tensor(1.0, requires_grad=True).backward, nn.data.train_test_split),
    partial(nn.fit, nn.Linear(1, 1), ([[1.0]], [[1.0]]), loss=nn.MSELoss()),
]


@pytest.mark.parametrize("make", FUNCTIONS, ids=lambda make: getattr(make, "func", make).__name__)
def test_an_argument_of_each_word_is_answered_by_functions(make):
    """Those of the function itself are no words."""
    name = getattr(make, "func", make).__qualname__
    for word in (*{*ARGUMENTS} - {*signature(make).parameters}, "unknown"):
        with pytest.raises(TypeError) as caught:
            make(**{word: 0.5})
        hint = f". {words()['argument', word].hint}" if ("argument", word) in words() else ""
        assert str(caught.value) == f"{name}() got an unexpected keyword argument {word!r}{hint}"


def test_other_arguments_are_refused_by_python():
    """Also where a class takes none, or whatever it is given."""

    class Free(nn.Module):
        def __init__(self, **settings):
            self.settings = settings

    assert [str(signature(kind)) for kind in (nn.Module, nn.Tanh, Free)] == ["()", "()", "(**settings)"]
    assert list(signature(optim.Optimizer).parameters) == ["params", "defaults"]
    assert Free(rate=0.5).settings == {"rate": 0.5}
    with pytest.raises(TypeError, match=r"Dropout.__init__\(\) got an unexpected keyword argument 'rateo'$"):
        nn.Dropout(rateo=0.5)
    for arguments in ({"args": (1,)}, {"kwargs": {"units": 1}}):
        with pytest.raises(TypeError, match=r"^Plain\(\) takes no arguments$"):
            type("Plain", (nn.Module,), {})(*arguments.get("args", ()), **arguments.get("kwargs", {}))


@pytest.mark.parametrize("place", [*PLACES, "argument"])
def test_what_is_named_in_place_of_a_word_runs(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = nn.get_default_dtype()
    nn.save("model.npz", names()["model"], names()["optimizer"])
    for w in TABLE:
        if w.place == place and w.ours and not ("nn.sklearn" in w.ours and find_spec("sklearn") is None):
            if "nn.sklearn" in w.ours:
                import_module("nn.sklearn")
            try:
                exec(w.ours, names())
            except Exception as error:
                pytest.fail(f"{place} | {w.word}: {w.ours}: {error!r}")
    nn.set_default_dtype(before)


def test_what_remarks_name_exists():
    known, seen = names(), 0
    for w in TABLE:
        for name in re.findall(r"\b(?:autograd|nn|np|optim|F)\.[\w.]*\w", w.remark.replace("import nn.sklearn", "")):
            attrgetter(name.partition(".")[2])(known[name.partition(".")[0]])
            seen += 1
    assert seen > 20


def test_spelling_is_looked_at_where_no_word_fits():
    for place, slip in [("Tensor", "bakward"), ("Module", "parametres"), ("Optimizer", "stepp")]:
        error = refused(place, slip)
        assert str(error).endswith(f"object has no attribute {slip!r}")
        assert (error.name, error.obj) == (slip, PLACES[place])  # so that Python looks for a name like it
    with pytest.raises(ImportError, match=r"^cannot import name 'Linaer' from 'nn' \("):
        exec("from nn import Linaer", {})


def test_a_property_that_fails_says_why_itself():
    class Net(nn.Module):
        @property
        def layers(self):
            return self.blocks.inner

    with pytest.raises(AttributeError, match=r"^'Net' object has no attribute 'blocks'$"):
        _ = Net().layers


OBJECTS = {  # a class with words, and an object of it
    "Tensor": (Tensor, lambda kind: kind([1.0], requires_grad=True)),
    "Module": (nn.Module, lambda kind: kind()),
    "Optimizer": (optim.SGD, lambda kind: kind([tensor([1.0], requires_grad=True)], lr=0.1)),
}


@pytest.mark.parametrize("place", OBJECTS)
def test_a_word_is_not_there_until_somebody_gives_it(place):
    """A subclass, a class beside ours, an object: each may have an attribute of that name of its own."""
    base, make = OBJECTS[place]

    class Beside:
        """With a property of each name."""

    for word in (w.word for w in TABLE if w.place == place):
        own = make(type("Own", (base,), {word: 3.0}))
        assert getattr(own, word) == 3.0
        assert word in dir(own)
        setattr(Beside, word, property(lambda self: 4.0))
        beside = make(type("Both", (base, Beside), {}))
        assert getattr(beside, word) == getattr(super(base, beside), word) == 4.0
        assert getattr(type(beside), word) is vars(Beside)[word]
        assert getattr(make(base), word, None) is None
        with pytest.raises(AttributeError) as caught:
            getattr(base, word)
        hint = words()[place, word].hint
        assert str(caught.value) == f"type object {base.__name__!r} has no attribute {word!r}. {hint}"
        if place != "Tensor":
            holder = make(base)
            setattr(holder, word, 5.0)
            twin = pickle.loads(pickle.dumps(copy.deepcopy(holder)))
            assert getattr(twin, word, getattr(holder, word)) == 5.0
            assert word in dir(holder)
            delattr(holder, word)
            assert not hasattr(holder, word)


@pytest.mark.parametrize("place", OBJECTS)
def test_words_stand_in_help_and_not_in_completion(place):
    base, make = OBJECTS[place]
    own = {w.word for w in TABLE if w.place == place}
    assert own.isdisjoint(dir(make(base)))
    _, _, section = pydoc.plain(pydoc.render_doc(base)).partition(f"inherited from autograd.words.{place}Words:")
    for word in own:
        assert (f"\n |  {word}\n |      {words()[place, word].hint}" in section) == (word[0] != "_"), word


def test_no_attribute_is_slowed_by_a_getattr():
    """On Python 3.11 a class that has ``__getattr__`` looks all its attributes up in the slow way."""
    classes = [x for space in (nn, optim, autograd) for x in map(partial(getattr, space), space.__all__)]
    classes = [x for x in classes if isinstance(x, type) and issubclass(x, Tensor | nn.Module | optim.Optimizer)]
    assert len(classes) > 100
    rest = {x for x in classes if not issubclass(x, nn.Sequential)}  # whose modules are attributes, by their names
    assert {x for x in rest if hasattr(x, "__getattr__")} == set()


def test_the_table_is_read_when_it_is_needed():
    program = (
        "import autograd, nn, optim\nfrom autograd.words import words\nprint(words.cache_info().currsize)\n"
        "model = nn.MLP([2, 3, 1])\nnn.fit(model, ([[1.0, 2.0]], [[1.0]]), loss=nn.MSELoss(), epochs=1, show=False)\n"
        "print(words.cache_info().currsize)\nhasattr(nn, 'Dense')\nprint(words.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0", "1"]
