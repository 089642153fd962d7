"""Compile and render feed templates: "The template language may be used here" (DFT, field ``content``).

::

    template = compile_template("{{ foreach $p in $products }}{{= $p.id }};{{ /foreach }}", {"products"})
    for chunk in template.render({"products": products}, Limits(seconds=10)):
        file.write(chunk)

Templates are written by strangers. They reach the keys of maps and what a ``Module`` offers, never an
attribute of a Python object; none of their text is executed; what they may use of time, loops, memory and
output is limited.

The language and how well each part of it is documented: docs/reference/template-language.md. Errors:
``errors``.
"""

from .errors import CompileError, LimitExceeded, RenderError, TemplateError
from .frame import DEFAULT_LIMITS, Limits, Snippets
from .functions import FUNCTIONS
from .modules import Method, Module, by_id
from .signatures import Signature
from .template import Template, compile_template

__all__ = [
    "DEFAULT_LIMITS",
    "FUNCTIONS",
    "CompileError",
    "LimitExceeded",
    "Limits",
    "Method",
    "Module",
    "RenderError",
    "Signature",
    "Snippets",
    "Template",
    "TemplateError",
    "by_id",
    "compile_template",
]
