"""Build the notebooks from their sources: `python notebooks/build.py`, or only some of them: `... build.py 01 06`.

The source `NN_name.py` (in jupytext's percent format) is edited and reviewed. `NN_name.ipynb` is made from it and holds
the outputs of a run from top to bottom. The same source gives the same bytes: cell ids are numbers, times and versions
are omitted, and figures are SVG without dates; their copies in pixels depend on the fonts of the machine, too. Needs
the extras `notebooks` and `png`.
"""

from __future__ import annotations

import os
import re
import sys
import time
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL.Image import open as read_image

from autograd.view.layout.render import render_file

FOLDER = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Figures are SVG, with the style in notebooks/matplotlibrc. How far slow work is depends on the machine, so it is not
# shown.
KERNEL = [
    "--InlineBackend.figure_formats=svg",
    "--IPKernelApp.exec_lines=__import__('autograd.progress').progress.PATIENCE = float('inf')",
]
# The checkout comes first on the path, so that notebooks run its code. Figures get the date 0 (the year 1970).
ENVIRONMENT = {
    "PYTHONPATH": str(FOLDER.parent),
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "SOURCE_DATE_EPOCH": "0",
}
# Many viewers of notebook files run no scripts. Pictures are therefore stored as such, not as the HTML to move in. What
# moves (`nn.plot.frames` and the player of `steps`) is stored as HTML, which shows something without scripts as well.
STATIC = re.compile(r"image/svg\+xml|image/png|text/(plain|html|latex|markdown)")
SHAPE = re.compile(r'(?<= d=")[^"]*')
SIZE = re.compile(r"""(?<= width=["'])([\d.]+)(pt|)(["'] height=["'])([\d.]+)""")
COLORS = 32  # of the copies in pixels
WIDEST = 675  # pixels: JupyterLab and nbconvert's pages do not shrink such pictures to a window of 800 pixels


def build(text: Path) -> nbformat.NotebookNode:
    """Run the notebook with this source."""
    notebook = jupytext.read(text)
    notebook.metadata = nbformat.from_dict(METADATA)
    os.environ |= ENVIRONMENT
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}}, extra_arguments=KERNEL
    )
    client.execute()
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = nbformat.from_dict({})  # drops the times of the run and the blank lines of the source
    programs = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(programs, 1):
        cell.execution_count = number
        cell.outputs = [settled(output, number) for output in merged(cell.outputs)]
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                raise SystemExit(f"{text.name}, In[{number}]:\n{output.get('text') or output.evalue}")
    notebook.metadata = nbformat.from_dict(METADATA)  # the run has added versions
    return notebook


def merged(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Join adjacent pieces of the same stream, because where it is split depends on timing."""
    together: list[nbformat.NotebookNode] = []
    for output in outputs:
        if together and output.output_type == "stream" and together[-1].get("name") == output.name:
            together[-1].text += output.text
        else:
            together.append(output)
    return together


def settled(output: nbformat.NotebookNode, number: int) -> nbformat.NotebookNode:
    """An output without parts that change from run to run, and with a picture rather than HTML that shows the same."""
    if "execution_count" in output:
        output.execution_count = number
    if "data" in output:
        kept = {kind: text for kind, text in output.data.items() if STATIC.fullmatch(kind)}
        if "image/svg+xml" in kept:
            if "<script" in kept.get("text/html", ""):
                del kept["text/html"]
            kept["image/svg+xml"] = fitted(compact(kept["image/svg+xml"]))
            kept["image/png"] = pixels(kept["image/svg+xml"])
        output.data = nbformat.from_dict(kept)
    return output


def compact(svg: str) -> str:
    """A picture with coordinates rounded to 0.01 pt and one line per shape: a third of the size in JSON."""

    def rounded(shape: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", " ".join(shape[0].split()))

    return SHAPE.sub(rounded, re.sub(r">\s+<", ">\n<", svg))


def fitted(svg: str) -> str:
    """A picture that is at most WIDEST pixels wide."""

    def smaller(size: re.Match[str]) -> str:
        width, unit, between, height = size.groups()
        scale = WIDEST / (float(width) * (4 / 3 if unit == "pt" else 1))
        return size[0] if scale > 1 else f"{scale * float(width):g}{unit}{between}{scale * float(height):g}"

    return SIZE.sub(smaller, svg, count=1)


def pixels(svg: str) -> str:
    """The picture in pixels, for JupyterLab, which shows no SVG of a notebook before its reader trusts it."""
    image = read_image(BytesIO(render_file(svg, "", "png"))).convert("RGBA")
    small = image.resize((image.width // 2, image.height // 2)).quantize(COLORS)
    file = BytesIO()
    small.save(file, "png", optimize=True)
    return b64encode(file.getvalue()).decode() + "\n"


def main(names: list[str]) -> None:
    """Build the notebooks whose file names begin with one of the names, or all of them."""
    texts = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
    for text in [text for text in texts if not names or text.name.startswith(tuple(names))]:
        start = time.perf_counter()
        notebook = build(text)
        target = text.with_suffix(".ipynb")
        target.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")
        print(f"{target.name}: {time.perf_counter() - start:.1f} s, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
