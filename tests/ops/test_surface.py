"""autograd/surface.pyi, what editors and type checkers see of a Tensor, lists what autograd/methods.py attaches."""

import ast
import inspect
from importlib.util import find_spec
from pathlib import Path

import pytest

from autograd import Tensor
from autograd.engine.op import REGISTRY, Op
from autograd.methods import COMPARISONS, OPERATORS


def class_body(module, name, suffix=".py"):
    """The statements of a class, from the source of its module, or from what stands beside that for type checkers."""
    tree = ast.parse(Path(find_spec(module).origin).with_suffix(suffix).read_text(encoding="utf-8"))
    [found] = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    return found


def names_of(statements):
    """What the statements of a class define."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


DECLARED = {}  # the declarations of each name: one, or overloads
for body in (class_body("autograd.surface", name, ".pyi") for name in ("PyTorchMethods", "Surface")):
    for s in body:
        if isinstance(s, ast.FunctionDef):
            DECLARED.setdefault(s.name, []).append(s)
WRITTEN = set(names_of(class_body("autograd.engine.tensor", "Tensor")))  # in the class statement of Tensor itself
ATTACHED = {
    name: value
    for name, value in vars(Tensor).items()
    if name not in WRITTEN and (callable(value) or isinstance(value, property))
}


def declared_parameters(function):
    """Names and whether they have a default, without self; ``*name`` for the rest."""
    a = function.args
    positional = a.posonlyargs + a.args
    optional = [False] * (len(positional) - len(a.defaults)) + [True] * len(a.defaults)
    rest = ["*"] if a.vararg else []
    keywords = [(p.arg, d is not None) for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    more = ["**"] if a.kwarg else []
    return [*list(zip((p.arg for p in positional), optional, strict=True))[1:], *rest, *keywords, *more]


def actual_parameters(function):
    """The same of a function that exists."""
    found = []
    for p in list(inspect.signature(function).parameters.values())[1:]:
        if p.kind is p.VAR_POSITIONAL:
            found.append("*")
        elif p.kind is p.VAR_KEYWORD:
            found.append("**")
        else:
            found.append((p.name, p.default is not p.empty))
    return found


def test_the_surface_is_what_is_attached():
    assert set(DECLARED) == set(ATTACHED)


def test_the_tables_are_attached():
    """Also from the other side: every operator and method that a record names can be reached on a Tensor."""
    operators, comparisons = OPERATORS.values(), COMPARISONS.values()
    wanted = {*(f"__{n}__" for n in (*operators, *comparisons)), *(f"__r{n}__" for n in operators)}
    wanted |= {name for op in REGISTRY.values() for name in op.facts.method}
    assert "logsumexp" in wanted
    assert wanted <= set(ATTACHED)


@pytest.mark.parametrize("name", DECLARED)
def test_parameters(name):
    attached = ATTACHED[name]
    decorators = [[d.id for d in declared.decorator_list] for declared in DECLARED[name]]
    if isinstance(attached, property):
        assert decorators == [["property"]]
        return
    assert decorators == ([[]] if len(decorators) == 1 else [["overload"]] * len(decorators))
    for declared in DECLARED[name]:
        found, expected = declared_parameters(declared), actual_parameters(attached)
        if name.startswith("__") and name not in ("__array_ufunc__", "__array_function__", "__getitem__"):
            # Python passes the operands of operators by position, so their names do not matter.
            assert len(found) == len(expected)
        else:
            assert found == expected


@pytest.mark.parametrize("name", DECLARED)
def test_says_what_it_returns(name):
    """A signature without a return type would make everything after it unknown to a type checker."""
    assert all(declared.returns is not None for declared in DECLARED[name])


def test_a_missing_parameter_is_found():
    function = ast.parse("def softmax(self, axis=..., *, dim=...): ...").body[0]
    assert declared_parameters(function) == [("axis", True), ("dim", True)]
    assert actual_parameters(Tensor.softmax) == [("axis", True), ("dim", True)]
    other = Op("other", lambda x, *, axis=None: x, lambda g: g).function
    assert actual_parameters(other) == [("axis", True)] != actual_parameters(Tensor.sum)
