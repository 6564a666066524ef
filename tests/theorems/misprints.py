"""Misprints in a script: the source of a derivation with one thing in one line wrong, as a typesetter makes it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

LINES = ("eq",)
"""The methods that write a line that must equal the one before."""

HATS = {"xhat": "x", "yhat": "y", "vhat": "v", "What": "W"}


@dataclass(frozen=True)
class Misprint:
    """A script with a misprint in the function `function`, and what was done.

    `number` is that of the function among all of the script, `at` that of the expression in a walk through it.
    """

    tree: ast.Module = field(repr=False)
    number: int
    at: int
    changed: ast.expr = field(repr=False)
    function: str
    kind: str
    before: str
    after: str

    @cached_property
    def source(self) -> str:
        """The text of the script; made when asked for, since most misprints are not tried."""
        copy = deepcopy(self.tree)
        _Put(list(ast.walk(_functions(copy)[self.number]))[self.at], self.changed).visit(copy)
        return ast.unparse(ast.fix_missing_locations(copy))

    @property
    def id(self) -> str:
        return f"{self.function}-{self.kind}: {self.before} -> {self.after}".replace(" ", "")[:90]


def sign(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Add(), right):
            return ast.BinOp(left, ast.Sub(), right)
        case ast.BinOp(left, ast.Sub(), right):
            return ast.BinOp(left, ast.Add(), right)
        case ast.UnaryOp(ast.USub(), operand):
            return operand
    return None


def factor(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Mult(), ast.Name() | ast.Attribute()):
            return left
        case ast.BinOp(left, ast.Div(), ast.Name() | ast.Attribute()):
            return left
        case ast.Constant(int(value)) if value > 1:
            return ast.Constant(value + 1)
    return None


def upside_down(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Div(), right):
            return ast.BinOp(left, ast.Mult(), right)
    return None


def power(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Pow(), ast.Constant(2)):
            return left
    return None


def hat(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Subscript(ast.Name(name), place) if name in HATS:
            return ast.Subscript(ast.Name(HATS[name]), place)
        case ast.Subscript(ast.Attribute(layer, name), place) if name in HATS:
            return ast.Subscript(ast.Attribute(layer, HATS[name]), place)
    return None


def index(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Subscript(ast.Name("A") | ast.Attribute(_, "second")):
            return None  # symmetric
        case ast.Subscript(array, ast.Tuple([first, ast.Name(second), *rest])):
            return ast.Subscript(array, ast.Tuple([ast.Name(second), first, *rest]))
    return None


def lost_sum(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Call(ast.Name("mean"), arguments):
            return ast.Call(ast.Name("Sum"), arguments, [])
        case ast.Call(ast.Name("Sum"), [body, _]):
            return body
    return None


KINDS: dict[str, Callable[[ast.expr], ast.expr | None]] = {
    "sign": sign,
    "factor": factor,
    "upside down": upside_down,
    "power": power,
    "hat": hat,
    "index": index,
    "lost sum": lost_sum,
}


def misprints(script: Path, functions: tuple[str, ...], few: int, methods: bool = False) -> list[Misprint]:
    """At most `few` misprints in each of these functions of a script: in its lines, or (`methods`) anywhere."""
    tree = ast.parse(script.read_text())
    made = []
    for number, function in enumerate(_functions(tree)):
        if function.name in functions:
            found = list(_of(tree, number, function, methods))
            made += Random(function.name).sample(found, min(few, len(found)))
    return made


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _places(function: ast.FunctionDef, anywhere: bool) -> list[tuple[int, ast.expr]]:
    """The expressions in a function that are written as lines, with their numbers in the walk."""
    wanted: set[int] = set()
    for node in ast.walk(function):
        is_line = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LINES
        if is_line and node.args:
            wanted |= {id(part) for part in ast.walk(node.args[0])}
        if anywhere and isinstance(node, ast.Assign | ast.Return) and node.value is not None:
            wanted |= {id(part) for part in ast.walk(node.value)}
    return [
        (at, node) for at, node in enumerate(ast.walk(function)) if id(node) in wanted and isinstance(node, ast.expr)
    ]


def _of(tree: ast.Module, number: int, function: ast.FunctionDef, anywhere: bool) -> Iterator[Misprint]:
    for at, node in _places(function, anywhere):
        for kind, change in KINDS.items():
            changed = change(deepcopy(node))
            if changed is None or ast.unparse(changed) == ast.unparse(node) or _unknown(changed, tree):
                continue
            before, after = ast.unparse(node), ast.unparse(changed)
            yield Misprint(tree, number, at, changed, function.name, kind, before, after)


def _unknown(changed: ast.expr, tree: ast.Module) -> bool:
    """Whether something is named that the script does not have: no typesetter's mistake."""
    match changed:
        case ast.Subscript(ast.Name(name)) | ast.Call(ast.Name(name)):
            return name not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return False


class _Put(ast.NodeTransformer):
    """Puts one expression in the place of another."""

    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)
