"""The facts of an op stand in its record alone, and a missing one is named where the op is registered."""

import ast
from pathlib import Path

import numpy as np
import pytest
from op_samples import SAMPLES

from autograd import RuleError, Tensor, custom_op, tensor
from autograd.engine.op import REGISTRY, defop
from autograd.facts import KINDS, PROBABILITIES, check_names

ROOT = Path(__file__).parents[2]
RECORDS = {ROOT / "autograd" / "ops", ROOT / "autograd" / "facts.py"}
SOURCES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for package in ("autograd", "nn", "optim")
    for path in (ROOT / package).rglob("*.py")
    if not RECORDS & {path, *path.parents}
}

# Files with words that are names of ops, too, in tables of something else.
OTHER_TABLES = {
    "autograd/compiling/rewriting.py": [{"copy", "reshape"}],  # methods that give a number back
    "autograd/numpy_functions/shapes.py": [{"minimum", "maximum", "mean"}],  # modes of np.pad
    "autograd/numpy_functions/selection.py": [{"min", "max"}],  # the names of np.clip's bounds
    "autograd/pytorch_methods.py": [
        {"max", "min", "std", "var"},
        {"std", "var"},
        {"add", "matmul", "scatter", "split", "where"},
    ],
    "autograd/view/chain/expression.py": [  # LaTeX's names
        {"sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "exp", "arcsin", "arccos", "arctan"}
    ],
    "nn/init.py": [{"identity", "linear", "sigmoid"}, {"tanh", "relu"}],  # what PyTorch's table of gains calls them
    "nn/layers/recurrent.py": [{"tanh", "relu"}],  # activations of recurrent cells, as PyTorch calls them
    "nn/teaching/answers.py": [{"sign", "transpose"}],  # verdicts on answers
    **{f"nn/losses/{name}.py": [{"mean", "sum"}] for name in ("base", "classification")},  # reductions
    "optim/schedules.py": [{"cos", "linear"}],  # PyTorch's names of shapes
    "nn/teaching/zoo/planting.py": [{"sign", "transpose"}],  # slips that the zoo plants
    **{f"nn/training/{name}.py": [{"min", "max"}] for name in ("callbacks", "history")},  # is less better?
}


def collections_of(tree):
    """The strings of each literal collection: the keys of a dict, the elements of others; no list of public names."""
    lists = [s for s in tree.body if isinstance(s, ast.Assign | ast.AugAssign)]
    public = {id(s.value) for s in lists if ast.unparse(s).startswith("__all__ ")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            elements = node.keys
        elif isinstance(node, ast.Set | ast.Tuple | ast.List) and id(node) not in public:
            elements = node.elts
        else:
            continue
        yield node, [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]


def tables(source):
    """Collections with names of two ops or more; text in which such names stand apart counts like one."""
    for node, strings in collections_of(ast.parse(source)):
        words = {word for string in strings for word in string.split()[:1]}
        if len(found := words & REGISTRY.keys()) > 1:
            yield node.lineno, frozenset(found)


def is_name_of_op(node):
    """``op.name``, ``node.op.name`` and the like."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "name"
        and (getattr(node.value, "id", "") == "op" or getattr(node.value, "attr", "") == "op")
    )


def comparisons(source):
    """Lines that compare the name of an op, look it up, or match it; also after it was given to a variable."""
    tree = ast.parse(source)
    known = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_name_of_op(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def names(node):
        return is_name_of_op(node) or (isinstance(node, ast.Name) and node.id in known)

    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Subscript):
            parts = [node.slice]
        elif isinstance(node, ast.Match):
            parts = [node.subject]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "startswith", "endswith"):
            parts = [*node.args, getattr(node.func, "value", None)]
            if getattr(node.func.value, "id", "") == "REGISTRY":  # the table of the records itself
                continue
        else:
            continue
        if any(names(part) for part in parts):
            yield node.lineno


def test_no_table_is_keyed_by_names_of_ops():
    found = [(path.as_posix(), line, names) for path, source in SOURCES.items() for line, names in tables(source)]
    assert len(SOURCES) > 200
    assert not [f"{path}:{line}: {sorted(n)}" for path, line, n in found if n not in OTHER_TABLES.get(path, [])]
    known = {(path, frozenset(names)) for path, tables_of in OTHER_TABLES.items() for names in tables_of}
    assert known == {(path, names) for path, _, names in found}  # none of the exceptions is stale


def test_nothing_compares_the_name_of_an_op():
    assert not [f"{path}:{line}" for path, source in SOURCES.items() for line in comparisons(source)]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('COSTS = {"matmul": 1, "dot": 2, "other": 3}', [1]),
        ('_EXACT = frozenset({"where", "clip"})', [1]),
        ('A = dict(pair.split() for pair in ("add +", "subtract -"))', [1]),
        ('__all__ = ["matmul", "dot"]\n__all__ += ["sum", "mean"]', []),
        ('A = {"symbol": "matmul", "other": "dot"}', []),
    ],
)
def test_tables_are_seen(source, lines):
    assert [line for line, _ in tables(source)] == lines


@pytest.mark.parametrize(
    "source",
    [
        'if node.op.name == "where": pass',
        "if op.name in _EXACT: pass",
        "x = COSTS[node.op.name]",
        "x = COSTS.get(vertex.op.name)",
        'name = node.op.name\nif name == "mean": pass',
        'match op.name:\n    case "mean": pass',
        'if record.node.op.name.startswith("_"): pass',
    ],
)
def test_comparisons_are_seen(source):
    assert len(list(comparisons(source))) == 1
    assert not list(comparisons("text = f'{op.name} gave {x}'; found = REGISTRY.get(op.name)"))


# --- what is asked for at registration ----------------------------------------------------------------------------


def scaled(x, y, *, scale=1.0):
    return scale * x * y


RULES = (lambda g, y, scale: g * scale * y, lambda g, x, scale: g * scale * x)
WRONG = {
    "no kind": ({"slope": ("y", "x")}, "the fact kind is missing"),
    "another kind": ({"kind": "pointwise"}, "the fact kind cannot be 'pointwise'. It is one of elementwise, "),
    "no slope": ({"kind": "elementwise"}, "the fact slope is missing"),
    "no cost": ({"kind": "product", "slope": None}, "the fact cost is missing"),
    "one slope of two": ({"kind": "elementwise", "slope": "y"}, r"has 2 operands .*, but slope has 1"),
    "one matrix of two": ({"kind": "whole", "matrix": ("G @ y",)}, r"has 2 operands .*, but matrix has 1"),
}


@pytest.mark.parametrize(("facts", "message"), WRONG.values(), ids=WRONG)
def test_a_missing_or_wrong_fact_is_named(facts, message):
    with pytest.raises(RuleError, match=rf"op 'scaled'.*{message}"):
        defop("scaled", scaled, RULES, doc="The product, scaled.", **facts)
    with pytest.raises(RuleError, match=rf"op 'scaled'.*{message}"):
        custom_op(scaled, RULES, **facts)
    assert "scaled" not in REGISTRY


def test_a_missing_sentence_is_named():
    """An op of a user may do without: its docstring is that of its forward function."""
    facts = {"kind": "elementwise", "slope": ("scale * y", "scale * x")}
    with pytest.raises(RuleError, match=r"op 'scaled': the fact doc is missing, a sentence"):
        defop("scaled", scaled, RULES, **facts)
    assert "scaled" not in REGISTRY
    assert custom_op(scaled, RULES, **facts).__doc__ == "d/dx = scale * y, d/dy = scale * x"
    assert defop("_scaled", scaled, RULES).__doc__ == ""


def test_a_docstring_is_made_of_the_facts():
    """The sentence, the slopes of elementwise ops, and an example with what it imports."""
    facts = {"kind": "elementwise", "slope": ("scale * y", None), "doc": "The product, scaled."}
    found = defop("_scaled", scaled, RULES, doctest="_scaled(tensor(2.0), np.pi) -> tensor(6.28318531)", **facts)
    example = [
        ">>> import numpy as np",
        ">>> from autograd import tensor",
        f">>> from {__name__} import _scaled",
        ">>> _scaled(tensor(2.0), np.pi)",
        "tensor(6.28318531)",
    ]
    assert found.__doc__ == "\n\n".join(["The product, scaled.", "d/dx = scale * y", "\n".join(example)])
    assert REGISTRY["exp"].function.__doc__ == Tensor.exp.__doc__
    assert REGISTRY["add"].function.__doc__ == Tensor.__add__.__doc__ == Tensor.__radd__.__doc__


def test_a_symbol_stands_between_two_operands():
    with pytest.raises(RuleError, match=r"'cube': the symbol '\^' needs two operands"):
        custom_op(lambda x: x**3, lambda g, x: 3 * g * x * x, name="cube", kind="elementwise", slope="x", symbol="^")


def test_slopes_name_what_there_is():
    for op in REGISTRY.values():
        check_names(op)
    with pytest.raises(RuleError, match=r"op 'scaled': its slope 'scale \* z' names 'z'. It may name x, y, scale, out"):
        custom_op(scaled, RULES, kind="elementwise", slope=("scale * z", "x"))


def test_an_op_without_rules_needs_no_slope():
    floor = custom_op(lambda x: np.floor(x), None, kind="elementwise")
    assert floor.op.facts.slope == (None,)


def test_kinds_of_ufuncs_are_known():
    for op in REGISTRY.values():
        if isinstance(op.kernel, np.ufunc) and op.kernel.signature is None:
            assert op.facts.kind == "elementwise"
    assert REGISTRY["matmul"].facts.kind == "product"


# --- what the facts say is so -------------------------------------------------------------------------------------


def values(sample):
    """The arrays of a sample, and of its result."""
    with np.errstate(all="ignore"):
        out = sample.op.kernel(*sample.arrays(), **sample.attributes)
    return [np.asarray(x) for x in sample.arrays() if x is not None], out


def test_kinds():
    """Each at all samples: shapes broadcast, entries are there again, or come from the operands."""
    tried = set()
    for sample in SAMPLES:
        kind = sample.op.facts.kind
        xs, out = values(sample)
        if kind == "elementwise":
            assert np.shape(out) == np.broadcast_shapes(*(x.shape for x in xs), np.shape(sample.attributes.get("mask")))
        elif kind == "reshapes":
            np.testing.assert_array_equal(np.sort(out, None), np.sort(xs[0], None), err_msg=str(sample))
        elif kind == "joins":
            np.testing.assert_array_equal(np.sort(out, None), np.sort(np.concatenate([x.ravel() for x in xs])))
        elif kind == "softmax" and sample.op.facts.range == PROBABILITIES and out.size:
            np.testing.assert_allclose(np.sum(out, sample.attributes.get("axis", -1)), 1.0, rtol=1e-6)
        tried.add(kind)
    assert tried == set(KINDS)


def test_what_is_exact_has_only_numbers_of_its_operands():
    tried = set()
    for sample in SAMPLES:
        if not sample.op.facts.rounding and not sample.op.outputs:
            xs, out = values(sample)
            known = np.concatenate([[0.0], *(np.abs(x.ravel()) for x in xs)])
            assert np.isin(np.abs(out), known).all() or sample.op.name == "scatter", (
                sample
            )  # which adds repeated places
            tried.add(sample.op.name)
    assert len(tried) > 20


@pytest.mark.parametrize("name", [op.name for op in REGISTRY.values() if isinstance(op.facts.range, tuple)])
def test_ranges(name):
    """No value lies outside, and some come near to each end."""
    low, high = REGISTRY[name].facts.range
    x = np.linspace(-400.0, 400.0, 2000).reshape(-1, 2)[:, ::-1] * [1.0, -1.0]
    out = REGISTRY[name].kernel(x)
    assert low <= out.min() <= (low + 0.01 if np.isfinite(low) else -100.0)
    assert (high - 0.01 if np.isfinite(high) else 100.0) <= out.max() <= high


@pytest.mark.parametrize("name", [op.name for op in REGISTRY.values() if op.facts.hazards.steep])
def test_steep_points(name):
    op = REGISTRY[name]
    for point in op.facts.hazards.steep:
        x = tensor(point, requires_grad=True)
        with np.errstate(all="ignore"):
            out = op.function(x) if len(op.operands) == 1 else op.function(x, 0.5)
            out.backward()
        assert np.isinf(x.grad)
