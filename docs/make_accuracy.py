"""Writes docs/accuracy.md: how far each op is from the true value of its result and of its derivatives.

Numbers, exceptions and conventions come from the accuracy suite (tests/accuracy): the rows of its tables, computed at
its grid, beside mpmath, and beside PyTorch where that is installed. It takes several minutes of processor time.

    python docs/make_accuracy.py            # writes the page
    python docs/make_accuracy.py --coarse   # the same from the coarse grid of the default tests, in a minute
    python docs/make_accuracy.py --check    # fails when rows, exceptions or conventions are not those of the tables
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
    """An error in few letters: what the rounding of the operands does not explain."""
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
    """What can be said of one row, given by its table and its number there."""
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
        """In units of the last place (ulp) of the result, at float16 / float32 / float64; of value, first and second
        derivatives; in parentheses PyTorch's at the same points. What half an ulp of the operands moves the true value
        is taken off where an error is above the bound: rounded operands allow no better. Values of NumPy's functions
        are NumPy's. What the exceptions below name is left out. "-": not defined, or constant."""
    )
    found = dict(zip(places, judge(places), strict=True))
    for name, module in TABLES.items():
        yield f"### {name.replace('_', ' ')}"
        yield from lines(module.__doc__.partition("\n\n")[0])
        yield from table("row", "numbers", *ORDERS)
        for number, of in enumerate(module.ROWS):
            count, cells = found[name, number]
            yield row(f"`{of}`", count, *cells)
        yield ""


def exceptions():
    """The section on what is further off, and why."""
    yield "## Exceptions"
    yield from lines(
        """Where an error may be larger than 4 ulp and what the rounding of the operands explains, or than PyTorch's and
        4 ulp. The long tests fail when one of these is no longer needed."""
    )
    yield from table("rows", "of", "dtypes", "because")
    for module in TABLES.values():
        for e in module.EXCEPTIONS:
            names = e.rows.split() if isinstance(e.rows, str) else e.rows
            kinds = "all" if len(e.dtypes) == 3 else ", ".join(d.__name__ for d in e.dtypes)
            orders = ", ".join(ORDERS[o] for o in e.orders)
            yield row(", ".join(f"`{n}`" for n in names), orders, kinds, e.reason)
    yield ""


# Where there is no derivative: the place, the first derivative, the second.
CONVENTIONS = [
    (
        (
            "two or more values tie (`maximum`, `minimum`, `fmax`, `fmin`, `max`, `min`, equal bounds "
            "of `clip`, infinite ties of `logaddexp`)"
        ),
        "the winners share evenly; the shares add up to 1",
        "0",
    ),
    (
        "a kink of one number (`abs`, `fabs`, `relu`, `hardtanh`, `relu6`, `hardsigmoid`)",
        "0; `relu(at_zero=)` chooses",
        "0, that of both sides",
    ),
    (
        "a kink of other pieces (`leaky_relu`, `prelu`, `elu`, `celu`, `selu`)",
        "that of the left piece, as in PyTorch",
        "that of the left piece",
    ),
    ("a kink of `hardswish`", "that of the outer piece, as in PyTorch", "0"),
    (
        "the margin of `margin_ranking_loss`, `cosine_embedding_loss`, `triplet_margin_loss`; 0 in `perceptron_loss`",
        "that of what falls short of it, as in PyTorch",
        "the same",
    ),
    ("a bound of `clip` with room between the bounds", "1: the value is still that of x", "0"),
    ("a length or a spread that is 0 (`hypot`, norms, `std`), an angle at the origin (`arctan2`)", "0", "nan"),
    (
        (
            "a smooth function of one of these that curves there: `abs(x)**2`, `hypot(x, y)**2`, "
            "`exp(-norm(x)**2)`, `std(x)**2`"
        ),
        "right",
        "right",
    ),
    (("the same together with another kink at the same place, as `abs(x) * abs(y)` where both are 0"), "0", "nan"),
    ("an entry 0 in a norm of an order below 2", "0 by that entry", "nan (order 1: 0)"),
    ("equal eigenvalues or singular values, in a function of all of them alike", "right", "right"),
    (
        "the same in a function of one of them (`eigvalsh(a)[0]`, `norm(a, 2)`, `cond(a)`)",
        "that of LAPACK's order; for norms shared evenly",
        "nan",
    ),
    ("vectors of equal eigenvalues or singular values", "nan", "nan"),
    ("singular values 0 where the function has a kink (`norm(a, 'nuc')`)", "0 for what they add", "nan"),
    (
        "equal numbers that are put in places (`sort`, `median`, `quantile`, `max_pool`, `maximum.accumulate`)",
        "that of the number that was taken, the first of them",
        "0",
    ),
    ("a step (`floor`, `sign`, `heaviside`, `step`, `remainder` where it jumps)", "that of each piece", "0"),
    ("0 to the power 0", "0 in x, and 0 in y: `0**y` is taken as constant", "0"),
    (
        "a pole, or an infinite slope (`sqrt` at 0, `log` at 0, `cbrt` at 0)",
        "the infinite slope",
        "the limit, where there is one",
    ),
    (
        "at infinity",
        ("the limit, where there is one; `inf - inf`, `inf / inf` and `0 * inf` are nan, as in IEEE 754"),
        "the same",
    ),
]

# Slopes made of the value: where half of the digits are lost, and from where on they are 0.
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
        """One rule for each kind, the same in every op of the kind. The tables of the suite and of tests/ops/edges.py
        execute it."""
    )
    yield from table("where", "first derivative", "second derivative")
    yield from (row(*cells) for cells in CONVENTIONS)
    yield from lines(
        """So a penalty of absolute values has the Hessian 0, at 0 too: 0 is the second derivative of abs(x) on both
        sides."""
    )
    yield from lines(
        """What is right at a kink by its limit is so up to third derivatives, and where the length was computed once:
        of `n * exp(-n)` with `n = norm(x)`. Of `norm(x) * exp(-norm(x))`, with two, second derivatives are nan."""
    )


def cheap_formulas():
    """The section on slopes that are off far out."""
    yield "## Cheap formulas"
    yield from lines(
        """The slopes of tanh and sigmoid are made of the value: `1 - out**2` and `out * (1 - out)`. Far out the value
        is 1 to all digits, and so these are off, the more the further. For numbers and arrays of at most 64 entries
        they are made of x instead, and right until they underflow. For larger arrays that would cost more than a tenth
        of a training step, and the memory of x."""
    )
    yield from table("slope, arrays of more than 64 entries", "half of the digits are lost at", "0 from")
    yield from (row(*cells) for cells in CHEAP)
    yield from lines(
        """What is made of them has the same tails: softplus and logaddexp in second derivatives, silu, mish and gelu
        with approximate="tanh". The left side of sigmoid, and ndtr, of which gelu is made, are right in any size."""
    )


def page(judge):
    """The text of docs/accuracy.md."""
    grid = " Here: its coarse grid." if judge is measured_coarsely else ""
    head = [
        "<!-- Written by docs/make_accuracy.py, from the tables of tests/accuracy. -->",
        "",
        "# Accuracy",
        *lines(
            f"""Values, first and second derivatives of every op are compared with the true ones, computed by mpmath to
            60 digits, at ties, zeros of both signs, equal operands, infinities, subnormal numbers, in tails until they
            underflow, and where squares overflow or vanish midway (`tests/accuracy/grid.py` lists the points).{grid}"""
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
        if masked(PAGE.read_text(encoding="utf-8").replace(" Here: its coarse grid.", "")) != masked(text):
            sys.exit(f"{PAGE.relative_to(ROOT)} is stale: run python docs/make_accuracy.py")
        return
    if sys.argv[1:] not in ([], ["--coarse"]):
        sys.exit("usage: python docs/make_accuracy.py [--coarse | --check]")
    PAGE.write_text(page(measured_coarsely if sys.argv[1:] else measured), encoding="utf-8")


if __name__ == "__main__":
    main()
