"""Read the formulas of recipes: a small, harmless part of Python's expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable

from mockserver.records.errors import FixtureError

__all__ = ["compile_formula"]

_ALLOWED = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.FloorDiv,
    ast.Mod, ast.BitAnd, ast.UnaryOp, ast.USub, ast.Not, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE,
    ast.Gt, ast.GtE, ast.In, ast.Tuple, ast.BoolOp, ast.And, ast.Or, ast.IfExp, ast.Attribute,
)  # fmt: skip


def compile_formula(formula: str, path: str, name: Callable[[str], str]) -> str:
    """Return the source of a formula; `name` says what stands in the place of a name or a dotted path."""
    return ast.unparse(_Names(formula, path, name).visit(ast.parse(formula, mode="eval")))


class _Names(ast.NodeTransformer):
    def __init__(self, formula: str, path: str, name: Callable[[str], str]) -> None:
        self._formula = formula
        self._path = path
        self._name = name

    def visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, _ALLOWED):
            what = type(node).__name__
            raise FixtureError(self._path, f"the formula {self._formula!r} may not use {what}")
        if isinstance(node, ast.Name | ast.Attribute):
            return ast.Name(self._name(ast.unparse(node)), ast.Load())
        node = self.generic_visit(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
            return ast.Call(ast.Name("common", ast.Load()), [node.left, node.right], [])
        return node
