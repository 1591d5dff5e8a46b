"""`gradcheck`: the public function. It prepares the subject, runs the checks that come before any derivative
(overlapping memory, changed inputs, chance, values that are not finite), and lets `compare` do the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from autograd.gradcheck.compare import Comparison
from autograd.gradcheck.localise import Search, localise
from autograd.gradcheck.plan import sizes_of
from autograd.gradcheck.problem import Array, GradientOf, GraphProblem, Run, Runnable, in_double, weights_of_gradient
from autograd.gradcheck.report import GradcheckError, GradcheckReport, Row, Verdict, in_brackets, list_names
from autograd.gradcheck.subject import ClosureSubject, FunctionSubject, Subject
from autograd.modes import changed
from autograd.progress import Work

_NOTHING = "no derivative, because of this"
_SAME = 1e-10  # two runs that differ by less, relative to the largest entry, differ by rounding


def gradcheck(
    f: Callable[..., Any], *inputs: Any, wrt: Any = None, order: int = 1, rtol: float | None = None,
    atol: float | None = None, raise_on_failure: bool = True,
) -> GradcheckReport:  # fmt: skip
    """Compare the gradients of a function with finite differences.

    For each entry x_i of the inputs and each entry of the output, the derivative that the rules give is compared with
    ``(f(x + h e_i) - f(x - h e_i)) / 2h``, extrapolated to h = 0 from two steps h fitted to x_i, or from a whole ladder
    of steps if that leaves a doubt. Everything is computed in float64, whatever the dtype of the inputs.

    ``f`` takes the inputs (arrays, numbers or Tensors of any shape, also nested in lists, tuples and dicts) as Tensors,
    and returns one Tensor or several, of any shape. Or ``f`` is a closure without arguments, and ``wrt`` says which
    Tensors are varied: a Module (all its parameters), a dict or a list of Tensors. Their data, and the buffers of a
    Module, are float64 during the check; their old arrays are restored afterwards, bit for bit, even after an error.
    Arrays that the closure holds may stay float32, because they are exact in float64. Buffers are only found through
    the Module itself, not through a list of its parameters.

    Inputs with at most 200 entries together are checked entry by entry, larger ones along 8 fixed random directions
    (and entry by entry only to find the worst one after a failure); outputs with at most 32 entries are checked entry
    by entry, larger ones in 2 fixed random combinations. ``report.coverage`` says what was compared. ``order=2`` also
    checks the gradient of the gradient in the same way.

    Two derivatives agree if they differ by at most ``atol + rtol * max(|a|, |b|)``. ``rtol`` is 1e-6 by default,
    ``atol`` a small multiple of the rounding error of the difference itself. If they disagree, the check estimates how
    far rounding can move the function; then it checks every node of the graph by itself, and measures the effect of
    values that left the graph. ``report.op``, ``report.node`` and ``report.line`` say which rule (or which rule's
    derivative) is wrong and where it was applied. A rule is only called wrong if its own derivative disagrees.

    The verdicts: right, wrong, kink (no derivative here; fine if the answers of all rules lie between the slopes of
    both sides), rounding (the numbers differ by no more than rounding explains; fine while a digit agrees, or if both
    are zero within the rounding of the function), independent (the output does not depend on the input), nonfinite,
    nondeterministic, mutates, overlapping.

    Raises GradcheckError, which carries the report, unless ``raise_on_failure`` is False; InvalidDtypeError for
    integers, booleans and complex numbers among the inputs, or no real number among the outputs; RequiresGradError,
    TypeError and ValueError for a ``wrt`` that cannot be varied.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.gradcheck import gradcheck
    >>> report = gradcheck(lambda x, w: np.tanh(x @ w), np.ones((2, 3)), np.full((3, 1), 0.1), order=2)
    >>> report.verdict
    'right'
    >>> scale = tensor(2.0, requires_grad=True, name="scale")
    >>> report = gradcheck(lambda: scale * scale.item(), wrt=[scale], raise_on_failure=False)
    >>> report.ok, report.rows[0].analytic, round(report.rows[0].numeric, 9)
    (False, 2.0, 4.0)
    """
    if not callable(f):
        raise TypeError(f"gradcheck needs a function as its first argument, not a {type(f).__name__}: gradcheck(f, x).")
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be 1 (the gradient) or 2 (the gradient of the gradient), not {order!r}.")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance is not None and not tolerance >= 0:
            raise ValueError(f"{name} must be a number of at least 0, not {tolerance!r}.")
    if wrt is not None and inputs:
        raise TypeError(
            "gradcheck takes either inputs or wrt=. With wrt=, f is a closure without arguments: "
            "gradcheck(lambda: f(x), wrt=model)."
        )
    if wrt is None and not inputs:
        raise TypeError(
            "gradcheck needs inputs to vary: write gradcheck(f, x), or gradcheck(f, wrt=model) for a closure."
        )
    subject: Subject = FunctionSubject(f, inputs) if wrt is None else ClosureSubject(f, wrt)
    if not subject.inputs:
        raise ValueError("the inputs of gradcheck are empty containers: there is nothing to vary.")
    # Whoever watches the ops wants to see one run, not hundreds.
    with Work("gradcheck"), changed(watch=None), subject.prepared():
        report = _examine(subject, order, rtol, atol)
    if raise_on_failure and not report.ok:
        raise GradcheckError(report)
    return report


def _examine(subject: Subject, order: int, rtol: float | None, atol: float | None) -> GradcheckReport:
    rows = _overlapping(subject) or _nonfinite_inputs(subject)
    if rows:
        return GradcheckReport(tuple(rows), order, _NOTHING)
    run = subject.run(_copies(subject))
    before = [in_double(value) for _, value in run.outputs]
    text = "f changed its input {} in place. Let it work on a copy, or use .at[].set(...), which returns a new Tensor"
    if rows := [_row("mutates", subject, i, text.format(subject.inputs[i].name)) for i in subject.mutated()]:
        return GradcheckReport(tuple(rows), order, _NOTHING)
    rows, spread = _run_again(subject, run, before)
    rows = rows or _nonfinite_outputs(run)
    if rows:
        return GradcheckReport(tuple(rows), order, _NOTHING, _notes(subject))
    level: Runnable = subject
    search: Search | None = None
    comparison = Comparison(GraphProblem(level, run, spread), 1, rtol, atol)
    for k in range(1, order + 1):
        if k > 1:
            level = gradient = GradientOf(level, weights_of_gradient(run, k))
            run = level.run(_copies(subject))
            broken = _nonfinite_outputs(run, k)
            if broken or not run.outputs:
                rows += broken
                break
            values = [variable.value for variable in subject.inputs]
            units = [float(np.median(np.minimum(sizes_of(x), 1.0))) if x.size else 1.0 for x in values]
            magnitudes = [comparison.magnitudes[output] / units[number] for output, number in gradient.sources]
            comparison = Comparison(GraphProblem(level, run, spread, magnitudes), k, rtol, atol)
        found, search = _settled(comparison, level)
        rows += found
        if not all(row.ok for row in rows):
            break
    late, _ = _run_again(subject, run, before, times=1)  # something may have counted the runs
    if late:
        return GradcheckReport(tuple(late), order, _NOTHING, _notes(subject))
    report = GradcheckReport(tuple(rows), order, _coverage(rows), _notes(subject))
    if search is None:
        return report
    first = search.faults[0] if search.faults else search
    report = replace(report, op=first.op, node=first.node, line=first.line)
    return replace(report, findings=search.findings, faults=search.faults, cause=search.cause)


def _settled(comparison: Comparison, level: Runnable) -> tuple[list[Row], Search | None]:
    """The rows of a comparison, and the cause of the first that is wrong (being right by its parts is not wrong)."""
    rows = comparison.rows()
    for place, suspect in comparison.suspects.items():
        search = localise(level, suspect)
        if not search.right:
            return rows, search
        verdict: Verdict = "kink" if rows[place].verdict == "kink" else "rounding"
        trust = "no value has left the graph: finite differences of the whole function are not reliable here"
        rows[place] = replace(rows[place], verdict=verdict, ok=True, note=f"{search.findings[0]}, and {trust}")
    return rows, None


def _copies(subject: Subject) -> list[Any]:
    return [variable.value.copy() for variable in subject.inputs]


def _row(verdict: Verdict, subject: Subject, number: int, note: str, **facts: Any) -> Row:
    variable = subject.inputs[number]
    return Row(1, "", variable.name, variable.value.shape, verdict, False, note=note, **facts)


def _overlapping(subject: Subject) -> list[Row]:
    """Inputs that share memory: changing one would change the other, and no gradient accounts for that.

    The very same array given twice is no mistake: the check varies copies, so these are two inputs with equal values.
    """
    spans = sorted((*byte_bounds(data), number) for number, (_, data) in enumerate(subject.sources) if data.size)
    rows = []
    for k, (_, end, i) in enumerate(spans):
        for start, _, j in spans[k + 1 :]:
            if start >= end:
                break
            (a_name, a), (b_name, b) = subject.sources[i], subject.sources[j]
            if a is not b and np.shares_memory(a, b):
                note = f"{a_name} and {b_name} share memory: copy one of them"
                rows += [_row("overlapping", subject, number, note) for number in sorted((i, j))]
    return rows


def _nonfinite_inputs(subject: Subject) -> list[Row]:
    rows = []
    for number, variable in enumerate(subject.inputs):
        broken = ~np.isfinite(variable.value)
        if np.any(broken):
            index = _place(broken)
            note = f"the input {variable.name}{in_brackets(index)} is {variable.value[index]}"
            rows.append(_row("nonfinite", subject, number, note, index=index))
    return rows


def _run_again(subject: Subject, run: Run, before: Sequence[Array], times: int = 2) -> tuple[list[Row], float]:
    """Run again: the same inputs must give the same outputs. Returns a row for each output that differs.

    A difference in the last few digits, as when threads add in another order, is returned as the noise of the function.
    """
    spread = 0.0
    for _ in range(times):
        again = [in_double(value) for _, value in subject.run(_copies(subject)).outputs]
        if [a.shape for a in again] != [a.shape for a in before]:
            note = "the shapes of the outputs differ from run to run"
            return [Row(1, "f", "", (), "nondeterministic", False, note=note)], spread
        rows = []
        for (name, _), a, b in zip(run.outputs, before, again, strict=False):
            with np.errstate(invalid="ignore"):
                numbers = np.isfinite(a) & np.isfinite(b)
                others = np.where((a != b) & ~(np.isnan(a) & np.isnan(b)), np.inf, 0.0)
                difference = np.where(numbers, np.abs(a - b), others)
            size = float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a)))
            largest = float(np.max(difference, initial=0.0))
            if largest <= _SAME * size:
                spread = max(spread, largest / size if size else 0.0)
                continue
            index = _place(difference == largest)
            note = (
                f"{name}{in_brackets(index)} was {a[index]:.6g} in one run and {b[index]:.6g} in the next, with the "
                "same inputs: is a random layer in training mode, or does the function count its calls? Call "
                "model.eval(), or make the random generator inside the function, with a fixed seed"
            )
            rows.append(Row(1, name, "", a.shape, "nondeterministic", False, output_index=index, note=note))
        if rows:
            return rows, spread
    return [], spread


def _nonfinite_outputs(run: Run, order: int = 1) -> list[Row]:
    rows = []
    for name, value in run.outputs:
        data = in_double(value)
        if not np.all(np.isfinite(data)):
            index = _place(~np.isfinite(data))
            note = f"{name}{in_brackets(index)} is {data[index]} at the given inputs: there is nothing to compare"
            rows.append(Row(order, name, "", data.shape, "nonfinite", False, output_index=index, note=note))
    return rows


def _place(found: Any) -> tuple[int, ...]:
    return tuple(map(int, np.argwhere(found)[0]))


def _coverage(rows: Sequence[Row]) -> str:
    """What was compared, in words; inputs and outputs that were treated alike share an entry."""
    covered: dict[str, list[str]] = {}
    for row in rows:
        for name, text in ((row.input, row.coverage), (row.output, row.output_coverage)):
            if text and name not in covered.setdefault(text, []):
                covered[text].append(name)
    if len(covered) == 1:
        return "every entry of every input and output"
    return "; ".join(f"{list_names(names)}: {text}" for text, names in covered.items())


def _notes(subject: Subject) -> tuple[str, ...]:
    without, other = "they do not require a gradient", "they are not real floating-point numbers"
    left_out = ((without, subject.frozen), (other, subject.passed_over))
    return tuple(f"not checked, because {why}: {list_names(names)}" for why, names in left_out if names)
