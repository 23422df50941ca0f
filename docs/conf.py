"""How Sphinx makes pages of the documentation: ``make docs``.

The source folder is that of the project, since pages link to files beside them, and so does who
reads them where the code is. Nothing is fetched when a page is shown: formulas are MathML.
"""

import re
from importlib import metadata
from pathlib import Path

import latex2mathml.converter
import plotly
from docutils import nodes
from pygments.lexers.python import PythonLexer
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from snnlearn.explore import SCRIPT, STYLE

project = "snnlearn"
author = "The snnlearn authors"
copyright = author
release = version = metadata.version("snnlearn")

root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "docs/**.rst",
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
    *("config/README.md", "resources/README.md"),
]
exclude_patterns = ["docs/_build", "docs/_templates"]
extensions = [
    *("myst_parser", "sphinx_copybutton"),
    *("sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"),
]

myst_enable_extensions = ["dollarmath", "deflist", "attrs_inline"]
myst_heading_anchors = 3
# Links to files that are no pages, such as a profile, lead to a copy of them.
myst_links_external_new_tab = False
suppress_warnings = ["myst.header", "ref.python"]  # tables from level two; names that several have

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings have them
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "snnlearn"
html_static_path = [
    "_static",
    *(str(SCRIPT), str(STYLE)),
    str(Path(plotly.__file__).with_name("package_data") / "plotly.min.js"),
]
html_css_files = ["pages.css", STYLE.name]
html_theme_options = {
    # Fonts are those of the reader's machine.
    "light_css_variables": {"font-stack": "system-ui, sans-serif"},
    "dark_css_variables": {"font-stack": "system-ui, sans-serif"},
}
templates_path = ["docs/_templates"]  # autosummary looks from the source folder
copybutton_prompt_text = "$ "


def visit_math(self: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML, which browsers show by themselves."""
    block = isinstance(node, nodes.math_block)
    formula = re.sub(r"\\(?:label|tag)\{[^}]*\}", "", node.astext())
    self.body.append(
        latex2mathml.converter.convert(formula, display="block" if block else "inline")
    )
    raise nodes.SkipNode


def lead_on(app: Sphinx, error: Exception | None) -> None:
    """Let the folder that is made begin with the documentation's first page."""
    if error is None and app.builder.name == "html":
        first = Path(app.outdir, "index.html")
        first.write_text(
            '<!doctype html><meta charset="utf-8"><title>snnlearn</title>'
            f'<meta http-equiv="refresh" content="0; url={root_doc}.html">'
            f'<a href="{root_doc}.html">snnlearn</a>\n'
        )


def setup(app: Sphinx) -> None:
    """Tell Sphinx of formulas and of the first page."""
    app.add_node(nodes.math, override=True, html=(visit_math, None))
    app.add_node(nodes.math_block, override=True, html=(visit_math, None))
    app.connect("build-finished", lead_on)
    app.add_lexer("snakemake", PythonLexer)  # which Snakefiles extend
