"""What is written, run: as it stands, or with exact rational numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy

from derive.language import Claim, Scalar, Term
from derive.layers import Layer, batchnorm
from derive.python_source import function

result = Scalar("result")


def written(value: Term, layer: Layer | None = None) -> str:
    """The function for `result = value`, which nobody has proved."""
    return function(Claim(result, "=", value), layer or batchnorm(), (), "Stated")


def defined(tree: str | ast.Module, **known: object) -> Callable[..., Any]:
    """The one function that the source defines."""
    namespace: dict[str, Any] = {**known}
    exec(compile(tree, "<generated>", "exec"), namespace)  # noqa: S102  what is tested is that this source runs
    (function,) = (value for name, value in namespace.items() if name not in ("__builtins__", *known))
    return function


def returned(source: str) -> str:
    """The formula after `return`."""
    return source.partition("    return ")[2]


def root(value: Fraction) -> Fraction:
    found = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    if found**2 != value:
        raise AssertionError(f"the root of {value} is not rational")
    return found


class Exactly(ast.NodeTransformer):
    """Turns / and ** into functions, since Python's own make floats of whole numbers."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        names = {ast.Div: "over", ast.Pow: "power"}
        if type(node.op) not in names:
            return node
        return ast.Call(ast.Name(names[type(node.op)], ast.Load()), [node.left, node.right], [])


def exactly(source: str, root: Callable[[Fraction], Fraction] = root) -> Callable[..., Any]:
    """The function of the source on fractions, and on arrays of them."""

    def rational(value: Any) -> Any:
        return Fraction(value) if isinstance(value, int) else value

    def power(base: Any, exponent: Any) -> Any:
        base = rational(base)
        if exponent != 0.5:
            return base**exponent
        return numpy.vectorize(root, otypes=[object])(base) if isinstance(base, numpy.ndarray) else root(base)

    tree = ast.fix_missing_locations(Exactly().visit(ast.parse(source)))
    return defined(tree, over=lambda a, b: rational(a) / b, power=power)


def arguments(function: Callable) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def array(values: list) -> numpy.ndarray:
    """Fractions as an array."""
    return numpy.vectorize(Fraction, otypes=[object])(numpy.array(values, dtype=object))


