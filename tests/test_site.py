"""The site: one command builds it without a warning, and nothing is missing. Its checker finds planted faults."""

import html
import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docs" / "build_site.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="there is no folder docs beside the tests")

NEEDED = ("furo", "latex2mathml", "myst_nb", "sphinx", "sphinx_copybutton", "matplotlib", "sklearn")
MISSING = [name for name in NEEDED if not find_spec(name)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, from the command that people run. It fails on every warning, broken link and picture without words."""
    if MISSING:
        pytest.skip(f"the extra docs is missing: {', '.join(MISSING)}")
    target = tmp_path_factory.mktemp("site")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, SCRIPT, "--to", target], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def inventory(site):
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as file:
        return {name for names in InventoryFile.load(file, "", os.path.join).values() for name in names}


@pytest.mark.long
def test_every_public_name_is_in_the_reference(site):
    """Those of the packages and of the modules they offer, those loaded at first use too; the methods of a Tensor."""
    found, wanted = inventory(site), set()
    modules = ["autograd", "autograd.testing", "nn", "nn.sklearn", "nn.zoo", "optim"]
    for name in modules:
        module = import_module(name)
        for listed in getattr(module, "__all__", ()):
            value = getattr(module, listed)
            if inspect.ismodule(value) and not callable(value):
                modules.append(value.__name__)
            else:
                wanted.add(f"{name}.{listed}")
    wanted |= {f"autograd.Tensor.{name}" for name in ("sum", "T", "backward", "log_softmax", "reshape", "unsqueeze")}
    wanted |= {"optim.lr_scheduler.StepLR", "nn.plot.decision_boundary", "nn.Module.state_dict", "optim.Optimizer.step"}
    assert len(wanted) > 400
    assert wanted - found == set()


@pytest.mark.long
def test_an_example_shows_its_picture_and_a_table_whole_sentences(site):
    for picture in (ROOT / "docs" / "pictures" / "examples").glob("*.svg"):
        assert f'{picture.name}"' in (site / "examples" / f"{picture.stem}.py.html").read_text(encoding="utf-8")
    summary = (site / "reference" / "nn-data.html").read_text(encoding="utf-8").partition("</table>")[0]
    assert "(T. DeVries and G. Taylor, 2017).</p>" in summary
    assert "named tuples part by part; strings stay.</p>" in summary


@pytest.mark.long
def test_every_page_of_ours_is_there(site):
    pages = [*ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("examples/*.py")]
    paths = [path.relative_to(ROOT) for path in pages]
    pages = [
        path.with_suffix(".html") if path.suffix != ".py" else path.with_name(f"{path.name}.html") for path in paths
    ]
    assert len(pages) > 40
    assert [page for page in pages if not (site / page).exists()] == []


@pytest.mark.long
def test_docstrings_are_rendered(site):
    """Code in backticks, examples and options as they should look, and nothing of the marks themselves."""
    page = (site / "reference" / "autograd-seeing.html").read_text(encoding="utf-8")
    assert "``" not in page
    assert page.count(">&gt;&gt;&gt; </span>") > 10
    assert "<dt><strong>max_nodes</strong></dt>" in page or "max_nodes</strong>" in page


@pytest.mark.long
def test_signatures_are_rendered(site):
    """Also of methods made from the table of ops, without the operand that is the Tensor; types as in the sources."""
    pages = [site / "reference" / f"{name}.html" for name in ("autograd-tensors", "optim-optimizers")]
    tensors, optimizers = (html.unescape(re.sub("<[^>]+>", "", page.read_text(encoding="utf-8"))) for page in pages)
    assert "sum(axis=None" in re.sub(r"\s+", "", tensors)
    assert "lr: float | Callable[[int], float] | Tensor = 0.001" in re.sub(r"\s+", " ", optimizers)
    assert "Annotated" not in optimizers


CLEAN = '<a href="other.html#here">x</a> <img src="p.svg" alt="a picture"> <a href="https://example.org/">out</a>'
FAULTS = {
    '<a href="gone.html">x</a>': "leads nowhere: gone.html",
    '<a href="other.html#gone">x</a>': "no such anchor: other.html#gone",
    '<a href="#gone">x</a>': "no such anchor: #gone",
    '<img src="p.svg" alt=" ">': "no alt text: p.svg",
    '<img src="gone.svg" alt="a picture">': "leads nowhere: gone.svg",
    '<script src="https://example.org/x.js"></script>': "loaded from elsewhere: https://example.org/x.js",
    '<link rel="stylesheet" href="//example.org/x.css">': "loaded from elsewhere: //example.org/x.css",
    '<img src="https://example.org/p.svg" alt="a picture">': "loaded from elsewhere: https://example.org/p.svg",
    '<style>@import url("https://example.org/x.css");</style>': "loaded from elsewhere: https://example.org/x.css",
}


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_faults_of_a_page_are_found(fault, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs" / "site")
    links = import_module("links")
    (tmp_path / "index.html").write_text(CLEAN + fault, encoding="utf-8")
    (tmp_path / "other.html").write_text('<p id="here">', encoding="utf-8")
    (tmp_path / "p.svg").write_text("<svg/>", encoding="utf-8")
    assert links.mistakes(tmp_path) == ([f"index.html: {FAULTS[fault]}"] if fault else [])


def test_what_a_style_sheet_loads_is_seen(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs" / "site")
    links = import_module("links")
    (tmp_path / "a.css").write_text(
        "p { background: url(data:image/png;base64,AA) } i { color: red }", encoding="utf-8"
    )
    (tmp_path / "b.css").write_text("@font-face { src: url('https://example.org/f.woff2') }", encoding="utf-8")
    assert links.mistakes(tmp_path) == ["b.css: loaded from elsewhere: https://example.org/f.woff2"]
