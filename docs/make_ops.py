"""Writes docs/ops.md: every op with its derivative, every NumPy function with its status, and the edge cases.

The whole page is generated: ops and rules come from the op table, statuses from tests/coverage/names.py, and edge cases
from the tables of tests/ops and tests/coverage, which the tests execute.

    python docs/make_ops.py            # writes the page
    python docs/make_ops.py --check    # fails when it is stale
"""

import ast
import inspect
import sys
import textwrap
import warnings
from collections import defaultdict
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

import numpy as np  # noqa: E402

from autograd import NotDifferentiable, Tensor, ops, transforms  # noqa: E402
from autograd.engine.op import unchanged  # noqa: E402
from autograd.numpy_functions.without_gradient import REFUSED  # noqa: E402

ELSEWHERE = ("fft.", "emath.")
PAGE = ROOT / "docs" / "ops.md"
FIRST = ("arithmetic", "transcendental", "reduce", "index", "shape", "linear", "linalg", "fused")
OTHERS = sorted(name for name, thing in vars(ops).items() if inspect.ismodule(thing) and name != "limits")
FAMILIES = (*(getattr(ops, name) for name in dict.fromkeys((*FIRST, *OTHERS))), transforms)


class Name:
    """A variable in the text of a call."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def load(folder, name):
    """A table of the tests, under the name by which the tests know it; the samples come first, which all tables use."""
    if name not in ("names", "samples"):
        load(folder, "samples")
    known_as = {"ops": f"op_{name}", "coverage": f"coverage_{name}"}[folder]
    if known_as not in sys.modules:
        spec = spec_from_file_location(known_as, ROOT / "tests" / folder / f"{name}.py")
        sys.modules[known_as] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known_as])
    return sys.modules[known_as]


NAMES = load("coverage", "names")


# --- rules as formulas ----------------------------------------------------------------------------------------------


@cache
def parsed(file):
    """The text of a source file and its syntax tree."""
    source = Path(file).read_text(encoding="utf-8")
    return source, ast.parse(source)


def formula(rule):
    """A rule as it stands in its source: the expression, if it is one, else the name of the function."""
    if rule is None:
        return "none"
    if rule is unchanged:
        return code("g")
    source, tree = parsed(inspect.getsourcefile(rule))
    body = expression_of(rule, tree)
    if body is None:
        return f"see {code(rule.__name__)}" + (f": {summary(rule)}" if rule.__doc__ else "")
    return code(" ".join(ast.get_source_segment(source, body).split()))


def expression_of(rule, tree):
    """The expression that a lambda, or a function of one line, returns."""
    positions = [(a, c, b, d) for a, b, c, d in rule.__code__.co_positions() if a and d]
    positions = [p for p in positions if p[:2] != p[2:]]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Lambda | ast.FunctionDef) or node.lineno != rule.__code__.co_firstlineno:
            continue
        if isinstance(node, ast.FunctionDef):
            last = node.body[-1]
            short = len(node.body) == 1 + (ast.get_docstring(node) is not None)
            return last.value if short and isinstance(last, ast.Return) else None
        start, end = (node.body.lineno, node.body.col_offset), (node.body.end_lineno, node.body.end_col_offset)
        if all(start <= p[:2] and p[2:] <= end for p in positions):
            return node.body
    return None


def helpers_of(rule, module):
    """The documented functions of a family that a formula mentions, without their types."""
    names = rule.__code__.co_names if rule and rule.__name__ == "<lambda>" else ()
    for name in names:
        f = vars(module).get(name)
        if inspect.isfunction(f) and f.__doc__ and not hasattr(f, "op"):
            yield f


def derivative(op):
    """What the rules of an op compute, as one cell of a table."""
    if not op.differentiable:
        return "none: constant"
    if op.joint or op.variadic:
        return formula(op.rules[0])
    if len(op.operands) == 1:
        return formula(op.rules[0])
    return "<br>".join(f"{code(x)}: {formula(rule)}" for x, rule in zip(op.operands, op.rules, strict=True))


# --- words ----------------------------------------------------------------------------------------------------------


def code(text):
    """Text in the letters of code."""
    return f"`{text}`"


def row(*cells):
    """A line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(*titles):
    """The head of a table."""
    return [row(*titles), "|" + " --- |" * len(titles)]


def summary(thing):
    """The first paragraph of a docstring, in one line."""
    return paragraph(thing.__doc__ or "")


def paragraph(text):
    """The first paragraph of a text, in one line."""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())


def names(op):
    """Under which other names an op is reached."""
    homes = {"np.": np, "np.linalg.": np.linalg}
    numpy = [f"{home}{f.__name__}" for f in op.numpy for home, m in homes.items() if getattr(m, f.__name__, None) is f]
    methods = [f".{name}" for name in op.facts.method if not name.startswith("__")]
    return ", ".join(map(code, filter(None, [*numpy, op.facts.symbol, *methods])))


def slopes(op):
    """The derivatives as a textbook prints them: of entries, else of whole arrays."""
    texts = op.facts.slope if any(isinstance(text, str) for text in op.facts.slope) else op.facts.matrix
    if callable(texts) or not op.differentiable:
        return ""
    return "<br>".join(code(text) for text in texts if isinstance(text, str))


def show(x):
    """A number, an array or an option as short text."""
    if isinstance(x, np.ndarray | list | tuple):
        if isinstance(x, np.ndarray) and x.size > 100 and np.ptp(x.astype(float)) == 0.0:
            return f"full({show(x.shape[0] if x.ndim == 1 else x.shape)}, {show(float(x.flat[0]))})"
        x = x.tolist() if isinstance(x, np.ndarray) else x
        inside = ", ".join(map(show, x)) if isinstance(x, list | tuple) else None
        return show(x) if inside is None else f"({inside})" if isinstance(x, tuple) else f"[{inside}]"
    if isinstance(x, float | np.floating):
        return f"{x:.6g}"
    if isinstance(x, slice):
        return ":".join("" if part is None else str(part) for part in (x.start, x.stop, x.step))
    if inspect.isfunction(x) or isinstance(x, type):
        return "f" if x.__name__ == "<lambda>" else x.__name__
    return repr(x)


def size(x):
    """An empty array by its shape, which its (no) numbers do not tell."""
    return f"zeros({show(x.shape)})" if isinstance(x, np.ndarray) and not x.size else show(x)


def call(name, args, options):
    """A call as it is written."""
    return code(f"{name}({', '.join([*map(size, args), *(f'{key}={size(value)}' for key, value in options.items())])})")


def lines(text):
    """A paragraph."""
    return ["", *textwrap.wrap(" ".join(text.split()), 120, break_on_hyphens=False), ""]


# --- the page -------------------------------------------------------------------------------------------------------


def op_table():
    """The section on the op table."""
    yield "## Ops"
    yield from lines(
        """The tables have one row per op. In a rule, `g` is the incoming gradient, `out` the result, and `x_shape` the
        shape of operand `x`. The engine sums over broadcast axes and restores the dtype. Rules are differentiable to
        any order, because the NumPy calls in them are dispatched to the same ops. The kind says which operand entries
        an entry of the result depends on (see `autograd.facts`). The slope is what `explain` and `steps` print: the
        derivative of an entry, or the gradient of the whole operand in terms of the gradient `G` of the result."""
    )
    shown = set()
    for module in FAMILIES:
        found = {f.op.name: f.op for f in vars(module).values() if getattr(f, "op", None) and f.op.function is f}
        found = {name: op for name, op in found.items() if name not in shown}  # not those that it imports
        shown |= found.keys()
        yield f"### {module.__name__}"
        yield from lines(summary(module))
        yield from table("op", "NumPy, operator, method", "operands", "kind", "derivative", "slope", "description")
        for op in found.values():
            operands = ", ".join([*op.operands, *(f"*{name}*" for name in op.attributes)])
            yield row(
                code(op.name), names(op), operands, op.facts.kind, derivative(op), slopes(op), paragraph(op.facts.doc)
            )
        yield ""
        helpers = dict.fromkeys(f for op in found.values() for rule in op.rules for f in helpers_of(rule, module))
        if helpers:
            yield "Where"
            yield ""
            for f in helpers:
                parameters = ", ".join(inspect.signature(f).parameters)
                yield f"- {code(f'{f.__name__}({parameters})')}: {summary(f)}"
            yield ""


def names_by_function():
    """The names of every NumPy callable, by status and object, without those that not every NumPy has."""
    found = defaultdict(list)
    for name, function in NAMES.numpy_callables():
        if name not in NAMES.OF_THE_PLATFORM and name not in NAMES.UNTIL:
            found[NAMES.status_of(name, function), function].append(name)
    return found


def of_status(status):
    """The names of a status, aliases together, in alphabetical order."""
    return sorted((names, f) for (s, f), names in names_by_function().items() if s == status)


def listed(names):
    """Names in a row."""
    return ", ".join(code(name) for name in names)


def numpy_functions():
    """The section on the statuses of NumPy's functions."""
    statuses = load("coverage", "statuses")
    by_name = {sample.name: sample for sample in statuses.CONSTANTS}
    yield "## NumPy functions"
    newest = NAMES.NEWEST_NUMPY
    yield from lines(
        f"""Every public callable of `numpy` and `numpy.linalg` (as of NumPy {newest}) has one of five statuses.
        Names in the same row belong to the same function. Ufuncs of two operands also have their methods `reduce`,
        `accumulate`, `reduceat` and `outer`; `at` writes in place and is refused."""
    )
    found = of_status("differentiable")
    yield f"### Differentiable ({len(found)})"
    yield from lines("The result is a Tensor that can be differentiated to any order.")
    yield from lines(", ".join(listed(names) for names, _ in found) + ".")
    gone = ", ".join(f"{code(name)} (until NumPy {last})" for name, last in NAMES.UNTIL.items())
    yield from lines(f"Names that NumPy has removed keep their status in versions that have them: {gone}.")
    yield from lines(
        """From other modules: `fft.fftshift`, `fft.ifftshift`, `lib.stride_tricks.sliding_window_view`."""
    )

    found = of_status("constant")
    yield f"### Constant ({len(found)})"
    yield from lines(
        """Small changes of the operands do not change the result. Booleans, positions, counts and strings are plain
        values; other numbers are Tensors without a gradient."""
    )
    kinds = defaultdict(list)
    for names, _ in found:
        sample = next((by_name[name] for name in names if name in by_name), None)
        result = sample.call(*sample.tensors()) if sample else Tensor(0.0)
        kinds["Returning Tensors" if isinstance(result, Tensor) else "Returning plain values"].append(names)
    for kind, groups in sorted(kinds.items()):
        yield from lines(f"{kind}: {', '.join(map(listed, groups))}.")

    found = of_status("refused")
    yield f"### Refused ({len(found)})"
    yield from lines("These functions raise `NotDifferentiable` with their name and the reason.")
    yield from table("function", "reason")
    yield from (row(listed(names), REFUSED[f]) for names, f in found)
    yield from lines(
        """The functions of `numpy.fft` (except the shifts) and of `numpy.emath` are refused as well, because their
        results are complex."""
    )
    yield from lines("Some calls of other functions are refused, too. In this table, t is a Tensor:")
    yield from table("call", "reason")
    whole = {name for names, _ in found for name in names}
    yield row("any function with `out=`", "it would overwrite an array in place. Leave out= out and use the result")
    for refusal in statuses.REFUSED:
        if refusal.name not in whole and not refusal.name.startswith(ELSEWHERE) and "out" not in refusal.arguments[1]:
            yield refused_call(refusal)
    yield ""

    found = of_status("not dispatchable")
    yield f"### Not dispatchable ({len(found)})"
    yield from lines(
        """NumPy does not dispatch these functions but asks the Tensor for a plain array. A Tensor that requires a
        gradient refuses with an error that says what to write instead."""
    )
    instead = defaultdict(list)
    for names, _ in found:
        instead[NAMES.NOT_DISPATCHABLE[names[0]]] += names
    yield from table("function", "write instead")
    yield from (row(listed(names), text) for text, names in instead.items())
    yield ""

    found = of_status("no array")
    yield f"### Without array arguments ({len(found)})"
    yield from lines(
        """These functions take no array that could have a gradient. They work with integers, types, settings or files,
        or create plain arrays."""
    )
    yield from lines(", ".join(listed(names) for names, _ in found) + ".")


def refused_call(refusal):
    """A call with t in the places of Tensors, and what the error says."""
    samples = load("coverage", "samples")
    args, options = samples.rebuilt(refusal.arguments, lambda x: Name("t") if samples.is_live(x) else x)
    text = call(refusal.name, args, options)
    shapes = [x.shape for x in refusal.live if x.ndim == 2]
    try:
        with warnings.catch_warnings(action="ignore", category=np.exceptions.RankWarning):  # NumPy's, before it
            refusal.call(*refusal.tensors())
    except NotDifferentiable as error:
        reason = str(error).rpartition("is not differentiable: ")[2].removesuffix(".")
    return row(text + (f", t of shape {shapes[0]}" if shapes and "linalg" in refusal.name else ""), reason)


def edge_cases():
    """The section on edge cases."""
    op_edges, numpy_edges = load("ops", "edges"), load("coverage", "edges")
    yield "## Edge cases"
    yield from lines(
        """These tables show values and gradients at special points: divisions by zero, ties, infinities, NaN and empty
        arrays. Each gradient is that of the sum of the result with respect to an operand that can have one. The tests
        execute every row."""
    )
    yield "### Of ops"
    yield ""
    yield from table("call", "value", "gradients", "explanation")
    for edge in op_edges.EDGES:
        gradients = ", ".join(size(g) for g in edge.expected_gradients if g is not None)
        yield row(call(edge.op.name, edge.inputs, edge.attributes), size(edge.value), gradients, edge.why)
    yield ""
    yield "### Of NumPy functions"
    yield ""
    yield from table("call", "value", "gradients", "explanation")
    for edge in numpy_edges.EDGES:
        gradients = ", ".join(map(size, edge.gradients))
        yield row(call(f"np.{edge.name}", *edge.arguments), size(edge.value), gradients, edge.why)


def page():
    """The text of docs/ops.md."""
    head = [
        "<!-- Written by docs/make_ops.py, from the op table, the statuses and the tables of the tests. -->",
        "",
        "# Ops and NumPy functions",
        "",
    ]
    return "\n".join([*head, *op_table(), *numpy_functions(), *edge_cases()]) + "\n"


def main():
    """Write the page, or check it."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        if PAGE.read_text(encoding="utf-8") != text:
            sys.exit(f"{PAGE.relative_to(ROOT)} is stale: run python docs/make_ops.py")
        return
    if sys.argv[1:]:
        sys.exit("usage: python docs/make_ops.py [--check]")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
