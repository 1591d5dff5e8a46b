"""Writes docs/accuracy.md: how far the result and the derivatives of each op are from their true values.

Numbers, exceptions and conventions come from the accuracy suite (tests/accuracy). Each row of its tables is computed at
the points of its grid and compared with mpmath, and with PyTorch if that is installed. This takes several minutes of
processor time.

    python docs/make_accuracy.py            # writes the page
    python docs/make_accuracy.py --coarse   # the same with the coarse grid of the default tests, in a minute
    python docs/make_accuracy.py --check    # fails if rows, exceptions or conventions differ from those of the tables
"""

import re
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from math import isinf
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

PAGE = ROOT / "docs" / "accuracy.md"
SUITE = ROOT / "tests" / "accuracy"
DTYPES = ("float16", "float32", "float64")
ORDERS = ("value", "first", "second")
COARSE = " This page was made with its coarse grid."


def load(name, path):
    """A module of the suite, under the name by which the tests know it."""
    spec = spec_from_file_location(f"accuracy_{name}", path)
    if spec.name not in sys.modules:
        module = sys.modules[spec.name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[spec.name]


for _name in ("oracle", "grid", "harness"):
    load(_name, SUITE / f"{_name}.py")
for _name in ("elementwise", "arrays"):  # whose definitions others use
    load(_name, SUITE / "tables" / f"{_name}.py")
TABLES = {path.stem: load(path.stem, path) for path in sorted((SUITE / "tables").glob("*.py"))}


# --- words ----------------------------------------------------------------------------------------------------------


def row(*cells):
    """A line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(*titles):
    """The head of a table."""
    return [row(*titles), "|" + " --- |" * len(titles)]


def lines(text):
    """A paragraph."""
    return ["", *textwrap.wrap(" ".join(text.split()), 120, break_on_hyphens=False), ""]


def ulps(error):
    """An error as short text: the part that the rounding of the operands does not explain."""
    x = error.own
    return "∞" if isinf(x) else f"{x:.1f}" if x < 100 else f"{x:.0e}".replace("e+0", "e").replace("e+", "e")


def cell(judgement, dtype, order):
    """Our worst error, with PyTorch's in parentheses."""
    ours = next((e for (d, o), e in judgement.worst.items() if d.__name__ == dtype and o == order), None)
    theirs = next((e for (d, o), e in judgement.theirs.items() if d.__name__ == dtype and o == order), None)
    if ours is None:
        return "-"
    return ulps(ours) + (f" ({ulps(theirs)})" if theirs else "")


# --- the page -------------------------------------------------------------------------------------------------------


def judged(place):
    """The result for one row, given by its table and its number there."""
    name, number, coarse = place
    module = TABLES[name]
    harness = sys.modules["accuracy_harness"]
    found = harness.judge(module.ROWS[number], module.EXCEPTIONS, coarse=coarse, torch=find_spec("torch") is not None)
    cells = [" / ".join(cell(found, dtype, order) for dtype in DTYPES) for order in range(3)]
    return str(found.numbers), cells


def numbers(places, judge):
    """The section on the errors of every row."""
    yield "## Worst errors"
    yield from lines(
        """The tables show the largest errors of the value and of the first and second derivatives, in units in the last
        place (ulp) of the result, for float16 / float32 / float64. PyTorch's errors at the same points are in
        parentheses. If an error exceeds the bound, the effect of half an ulp of the operands on the true value is
        subtracted, since rounded operands allow no better result. Values of NumPy's functions are computed by NumPy.
        The exceptions listed below are not included. A dash means that the derivative is not defined or that the
        function is constant."""
    )
    found = dict(zip(places, judge(places), strict=True))
    for name, module in TABLES.items():
        yield f"### {name.replace('_', ' ')}"
        yield from lines(module.__doc__.partition("\n\n")[0])
        yield from table("function", "numbers", *ORDERS)
        for number, of in enumerate(module.ROWS):
            count, cells = found[name, number]
            yield row(f"`{of}`", count, *cells)
        yield ""


def exceptions():
    """The section on what is further off, and why."""
    yield "## Exceptions"
    yield from lines(
        """In these cases an error may exceed 4 ulp plus the effect of rounding the operands, or PyTorch's error plus 4
        ulp. The long tests fail if an exception is no longer needed."""
    )
    yield from table("functions", "of", "dtypes", "reason")
    for module in TABLES.values():
        for e in module.EXCEPTIONS:
            names = e.rows.split() if isinstance(e.rows, str) else e.rows
            kinds = "all" if len(e.dtypes) == 3 else ", ".join(d.__name__ for d in e.dtypes)
            orders = ", ".join(ORDERS[o] for o in e.orders)
            yield row(", ".join(f"`{n}`" for n in names), orders, kinds, e.reason)
    yield ""


# Where there is no derivative: the point, the first derivative, the second.
CONVENTIONS = [
    (
        (
            "two or more values tie (`maximum`, `minimum`, `fmax`, `fmin`, `max`, `min`, equal bounds "
            "of `clip`, infinite ties of `logaddexp`)"
        ),
        "the tied values share it evenly; the shares add up to 1",
        "0",
    ),
    (
        "a kink at one number (`abs`, `fabs`, `relu`, `hardtanh`, `relu6`, `hardsigmoid`)",
        "0; `relu(at_zero=)` chooses",
        "0, as on both sides",
    ),
    (
        "a kink between other pieces (`leaky_relu`, `prelu`, `elu`, `celu`, `selu`)",
        "that of the left piece, as in PyTorch",
        "that of the left piece",
    ),
    ("a kink in `hardswish`", "that of the outer piece, as in PyTorch", "0"),
    (
        "the margin of `margin_ranking_loss`, `cosine_embedding_loss`, `triplet_margin_loss`; 0 in `perceptron_loss`",
        "that of a value inside the margin, as in PyTorch",
        "the same",
    ),
    ("a bound of `clip` with room between the bounds", "1, because the value is still that of x", "0"),
    ("a length or spread of 0 (`hypot`, norms, `std`), an angle at the origin (`arctan2`)", "0", "nan"),
    (
        ("a smooth function of one of these: `abs(x)**2`, `hypot(x, y)**2`, `exp(-norm(x)**2)`, `std(x)**2`"),
        "right",
        "right",
    ),
    (("the same combined with another kink at the same point, such as `abs(x) * abs(y)` if both are 0"), "0", "nan"),
    ("an entry of 0 in a norm of order below 2", "0 with respect to that entry", "nan (order 1: 0)"),
    ("equal eigenvalues or singular values in a symmetric function of all of them", "right", "right"),
    (
        "the same in a function of a single one (`eigvalsh(a)[0]`, `norm(a, 2)`, `cond(a)`)",
        "follows LAPACK's order; shared evenly for norms",
        "nan",
    ),
    ("eigenvectors or singular vectors of equal values", "nan", "nan"),
    ("singular values of 0 where the function has a kink (`norm(a, 'nuc')`)", "0 for their contribution", "nan"),
    (
        "equal numbers that are sorted or selected (`sort`, `median`, `quantile`, `max_pool`, `maximum.accumulate`)",
        "goes to the number that was taken, the first of the equal ones",
        "0",
    ),
    ("a step (`floor`, `sign`, `heaviside`, `step`, `remainder` where it jumps)", "that of each piece", "0"),
    ("0 to the power 0", "0 in x, and 0 in y because `0**y` counts as constant", "0"),
    (
        "a pole, or an infinite slope (`sqrt` at 0, `log` at 0, `cbrt` at 0)",
        "the infinite slope",
        "the limit, if it exists",
    ),
    (
        "at infinity",
        ("the limit, if it exists; `inf - inf`, `inf / inf` and `0 * inf` are nan, as in IEEE 754"),
        "the same",
    ),
]

# Slopes computed from the value: where half of the digits are lost, and from where on they are 0.
CHEAP = [
    ("`tanh`, float16", "2.4", "4.6"),
    ("`tanh`, float32", "4.7", "10"),
    ("`tanh`, float64", "9.7", "19"),
    ("`sigmoid`, float16 (right side only)", "3.4", "7.7"),
    ("`sigmoid`, float32 (right side only)", "8.0", "16.7"),
    ("`sigmoid`, float64 (right side only)", "18", "36.8"),
]


def conventions():
    """The section on points without derivative."""
    yield "## Where there is no derivative"
    yield from lines(
        """Each kind of point follows one rule, which is the same for all ops. The tables of the accuracy suite and of
        tests/ops/edges.py test these rules."""
    )
    yield from table("point", "first derivative", "second derivative")
    yield from (row(*cells) for cells in CONVENTIONS)
    yield from lines(
        """A penalty on absolute values therefore has Hessian 0, even at 0, because the second derivative of abs(x) is 0
        on both sides."""
    )
    yield from lines(
        """Where the table says "right" for a kink, this holds up to third derivatives, provided that the length is
        computed once, as in `n * exp(-n)` with `n = norm(x)`. In `norm(x) * exp(-norm(x))` it is computed twice, and
        second derivatives are nan."""
    )


def cheap_formulas():
    """The section on slopes that are off far out."""
    yield "## Slopes computed from the value"
    yield from lines(
        """For arrays of more than 64 entries, the slopes of tanh and sigmoid are computed from the value: `1 - out**2`
        and `out * (1 - out)`. For large arguments the value rounds to 1, and these formulas lose digits. For single
        numbers and arrays of at most 64 entries the slopes are computed from x and are accurate until they underflow.
        Doing the same for larger arrays would take more than a tenth of the time of a training step and the memory of
        x."""
    )
    yield from table("slope, arrays of more than 64 entries", "half of the digits are lost at", "0 from")
    yield from (row(*cells) for cells in CHEAP)
    yield from lines(
        """Functions built on these slopes behave the same way: second derivatives of softplus and logaddexp, silu,
        mish, and gelu with approximate="tanh". The sigmoid for negative x, and ndtr, on which gelu is built, are
        accurate for arrays of all sizes."""
    )


def page(judge):
    """The text of docs/accuracy.md."""
    grid = COARSE if judge is measured_coarsely else ""
    head = [
        "<!-- Written by docs/make_accuracy.py, from the tables of tests/accuracy. -->",
        "",
        "# Accuracy",
        *lines(
            f"""The values and the first and second derivatives of every op are compared with the true ones, which
            mpmath computes to 60 digits. The points include ties, zeros of both signs, equal operands, infinities,
            subnormal numbers, tails down to underflow, and operands whose squares overflow or underflow
            (`tests/accuracy/grid.py` lists them).{grid}"""
        ),
    ]
    places = [(name, number) for name, module in TABLES.items() for number in range(len(module.ROWS))]
    text = "\n".join([*head, *conventions(), *cheap_formulas(), *numbers(places, judge), *exceptions()]).rstrip() + "\n"
    return text.replace("\n\n\n", "\n\n")


def measured(places, coarse=False):
    """The cells of all rows, on all processors."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(judged, [(*place, coarse) for place in places]))


def measured_coarsely(places):
    """The same at the coarse grid."""
    return measured(places, coarse=True)


def masked(text):
    """A page without the numbers that were measured."""
    return re.sub(r"^(\| `[^|]*` )\|[^`]*\|$", r"\1", text, flags=re.MULTILINE)


def main():
    """Write the page, or check it."""
    if sys.argv[1:] == ["--check"]:
        text = page(lambda places: [("0", ["0"] * 3)] * len(places))
        if masked(PAGE.read_text(encoding="utf-8").replace(COARSE, "")) != masked(text):
            sys.exit(f"{PAGE.relative_to(ROOT)} is stale: run python docs/make_accuracy.py")
        return
    if sys.argv[1:] not in ([], ["--coarse"]):
        sys.exit("usage: python docs/make_accuracy.py [--coarse | --check]")
    PAGE.write_text(page(measured_coarsely if sys.argv[1:] else measured), encoding="utf-8")


if __name__ == "__main__":
    main()
