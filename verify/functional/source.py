"""A graph as Python source that a person can read: one line for each operation, with torch's names."""

from __future__ import annotations

import operator
from typing import Any

from torch.fx import GraphModule, Node

INFIX = {operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/"}


def source(graph: GraphModule, name: str) -> str:
    """The operations of a graph as a function `name`."""
    nodes = list(graph.graph.nodes)
    arguments = ", ".join(node.name for node in nodes if node.op == "placeholder")
    once = {node for node in nodes if len(node.users) == 1 and _is_short(node)}
    lines = [f"    {node.name} = {_written(node, once)}" for node in nodes if _has_line(node, once)]
    output = next(node for node in nodes if node.op == "output")
    results = ", ".join(_argument(result, once, 0) for result in output.args[0])
    return "\n".join([f"def {name}({arguments}):", *lines, f"    return {results}"])


def _has_line(node: Node, once: set[Node]) -> bool:
    return node.op not in ("placeholder", "output") and node not in once


def _is_short(node: Node) -> bool:
    """Whether a node has no name of the formula, so that it is written where it is used."""
    name = node.name.rstrip("0123456789").rstrip("_")
    return node.op not in ("placeholder", "output") and name in UNNAMED


UNNAMED = ("add", "sub", "mul", "truediv", "neg", "sqrt", "reciprocal", "sum", "size", "unsqueeze", "squeeze", "exp",
           "log", "abs", "sign", "tanh", "permute", "new_zeros", "einsum", "abs_")  # fmt: skip


def _written(node: Node, once: set[Node]) -> str:
    args = node.args
    if node.target in INFIX:
        level = 1 if INFIX[node.target] in "+-" else 2
        left = _argument(args[0], once, level)
        right = _argument(args[1], once, level + (INFIX[node.target] in "-/"))
        return f"{left} {INFIX[node.target]} {right}"
    if node.target is operator.neg:
        return f"-{_argument(args[0], once, 2)}"
    if node.op == "call_method":
        rest = ", ".join(_argument(each, once, 0) for each in args[1:])
        return f"{_argument(args[0], once, 3)}.{node.target}({rest})"
    listed = [_argument(each, once, 0) for each in args]
    listed += [f"{key}={_argument(value, once, 0)}" for key, value in node.kwargs.items()]
    return f"torch.{getattr(node.target, '__name__', node.target)}({', '.join(listed)})"


def _argument(value: Any, once: set[Node], level: int) -> str:
    """An argument; in brackets where it binds less than what it stands in."""
    if not isinstance(value, Node):
        return repr(value)
    if value not in once:
        return value.name
    written = _written(value, once)
    return written if _level(value) >= level else f"({written})"


def _level(node: Node) -> int:
    """How much an operation binds: sums least, calls most."""
    if node.target in INFIX:
        return 1 if INFIX[node.target] in "+-" else 2
    return 1 if node.target is operator.neg else 3
