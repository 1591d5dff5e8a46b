"""The shared style of all plots: colours on light and dark backgrounds, dashes, axes."""

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from io import StringIO
from typing import Any

from autograd.tables import table_of
from nn.module import Module

# The colours of Okabe and Ito, which readers of every kind of colour vision can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
ON_DARK = ("#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#f0e442", "#ffffff")
DASHES = ("-", "--", "-.", ":")
BRIGHT = ("#ffffff", "#d55e00", "#56b4e9", "#cc79a7", "#e69f00")  # on MAP; five, to combine with 4 dashes
MAP = "cividis"  # looks the same for every kind of colour vision


def pyplot() -> Any:
    """The module pyplot of matplotlib, or an ImportError that says what to install."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("nn.plot draws with matplotlib: pip install matplotlib (the extra 'plot').") from error
    return plt


def on_axes(ax: Any, height: float = 4.2) -> Any:
    """Style the given axes, or new ones."""
    if ax is None:
        ax = pyplot().subplots(figsize=(6.4, height), layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    return ax


def finish(ax: Any, *, legend: bool = False, **words: Any) -> Any:
    """Set properties of the axes, such as the texts ``xlabel``, ``ylabel`` and ``title``, and, on request, a legend."""
    ax.set(**words)
    if legend:
        ax.legend(frameon=True, framealpha=0.7, edgecolor="none")
    return ax


def palette(ax: Any) -> tuple[str, ...]:
    """The colours for the background of the axes, such as the dark one of ``plt.style.context("dark_background")``."""
    return ON_DARK if sum(paper(ax)) < 1.5 else COLOURS


def paper(ax: Any) -> tuple[float, ...]:
    """The colour behind the axes, as red, green and blue; white if it is transparent."""
    from matplotlib.colors import to_rgba

    behind = (to_rgba(part.get_facecolor()) for part in (ax, ax.figure))
    return next((colour[:3] for colour in behind if colour[3] > 0.5), (1.0, 1.0, 1.0))


def scale(ax: Any, *, signed: bool = False) -> Any:
    """A colour map from the background to blue; ``signed``: from orange (negative) through the background to blue."""
    from matplotlib.colors import LinearSegmentedColormap

    blue, orange, *_ = palette(ax)
    ends: list[Any] = [paper(ax), blue]
    return LinearSegmentedColormap.from_list("scale", [orange, *ends] if signed else ends)


def log_axis(ax: Any, which: str = "y") -> None:
    """Make an axis logarithmic, with ticks at round numbers, written out unless they are very small."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

    ax.set(**{f"{which}scale": "log"})
    axis = getattr(ax, f"{which}axis")
    low, high = sorted(axis.get_view_interval())
    if high < 5 * low:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 300 * low else (1.0,), numticks=9))
    axis.set_major_formatter(_tick)
    axis.set_minor_formatter(NullFormatter())


def _tick(x: float, _: int) -> str:
    if 1e-3 <= x < 1e5:
        return f"{x:.5g}"
    factor, power = f"{x:.2e}".split("e")
    factor = f"{float(factor):g}"
    return f"$10^{{{int(power)}}}$" if factor == "1" else rf"${factor} \cdot 10^{{{int(power)}}}$"


def precision(model: Callable[[Any], Any], given: Any) -> Any:
    """The dtype in which a model computes: the dtype of its parameters, or of its input if it has none."""
    parameters = model.parameters() if isinstance(model, Module) else ()
    return next((p.dtype for p in parameters if p.dtype.kind == "f"), given)


def themed(title: str, alt: str, draw: Callable[..., Any]) -> str:
    """A figure for HTML, in SVG, whose colours follow the page (``--paper``, ``--c0`` to ``--c6``)."""
    return f"<figure><figcaption>{escape(title)}</figcaption>{pictures([draw], [alt])[0]}</figure>"


def pictures(draws: Iterable[Callable[..., Any]], alts: Sequence[str], size: Any = (4.6, 3.0)) -> list[str]:
    """Figures as in `themed`, without titles. All get the limits that show everything."""
    plt = pyplot()
    # Black by another name, since matplotlib leaves the default out.
    ink = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), "#000001")
    ours = {"svg.fonttype": "none", "svg.hashsalt": "chainrule", "axes.prop_cycle": plt.cycler(color=COLOURS), **ink}
    with plt.style.context(["default", {"font.size": 9, **ours}]):
        axes = [on_axes(plt.matplotlib.figure.Figure(size, layout="constrained").subplots()) for _ in alts]
        for draw, ax in zip(draws, axes, strict=True):
            draw(ax=ax)
        for axis in "xy":
            ends = [end for ax in axes for end in getattr(ax, f"get_{axis}lim")()]
            for ax in axes:
                turned = getattr(ax, f"{axis}axis_inverted")()
                getattr(ax, f"set_{axis}lim")(sorted((min(ends), max(ends)), reverse=bool(turned)))
        return [_svg(ax.figure, alt) for ax, alt in zip(axes, alts, strict=True)]


def _svg(figure: Any, alt: str) -> str:
    def rounded(shape: re.Match[str]) -> str:
        return re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", " ".join(shape[0].split()))

    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = re.sub(r' id="[a-zA-Z]+(2d)?_\d+"', "", file.getvalue().partition("<svg")[2])  # several share a page
    svg = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", svg).replace("#000001", COLOURS[-1])
    svg = re.sub(r'(?<= )(d|x|y|transform)="[^"]*"', rounded, svg)
    for name, colour in (("paper", "#ffffff"), *((f"c{i}", colour) for i, colour in enumerate(COLOURS))):
        svg = svg.replace(colour, f"var(--{name},{colour})")
    return f'<svg role="img" aria-label="{escape(alt)}"{svg}'


def styled(body: str) -> str:
    """Figures with their style, for the output of a notebook's cell or for a page."""
    return f'<style>{table_of(__name__)["style"]}</style>\n<div class="chainrule-run">\n{body}\n</div>'
