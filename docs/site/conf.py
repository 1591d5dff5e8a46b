"""Settings of Sphinx for the site, which docs/build_site.py builds.

Sphinx with furo and MyST, rather than MkDocs with Material and mkdocstrings, because its autodoc imports the packages
(names loaded at first use and methods made from records are invisible in the sources) and reads docstrings as they are
written, while Material for MkDocs ends in 2027. Its pages load nothing from elsewhere.
"""

import sys
import tomllib
from pathlib import Path

import autograd

ROOT = Path(__file__).parents[2]
sys.path.append(str(Path(__file__).parent))

project = "chainrule"
author = copyright = "The chainrule authors"
version = release = autograd.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "rendering"]
exclude_patterns = ["README.md"]  # index.md includes it

myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath", "html_image"]
nb_execution_mode = "off"

smartquotes = False  # what stands in quotes is often code
default_role = "py:obj"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
autodoc_typehints = "none"  # rendering.py writes them
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "chainrule"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {"top_of_page_buttons": []}
if address := tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["chainrule"]["address"]:
    html_theme_options["footer_icons"] = [{"name": "Source code", "url": address, "html": "Source code", "class": ""}]
