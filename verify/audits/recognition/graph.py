"""What autograd recorded of one call of a module: the nodes between its input and its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

MOST = 256
"""A call with more nodes is no normalization."""
DIVIDING = ("Rsqrt", "Div", "Reciprocal", "Pow", "Norm", "Addcdiv")
"""What a name of a node has in it where something is divided; no normalization does without."""
UNSEEN = ("DifferentiableGraph",)
"""Nodes that stand for more than one operation."""


@dataclass
class Trace:
    """The nodes of a call, and the edges by which each leaf enters it: the node, and which of its inputs.

    `divides` says that there is a node that divides, or one whose work can't be seen: a custom autograd.Function or a
    compiled part.
    """

    nodes: list[Any] = field(default_factory=list)
    leaves: dict[int, list[tuple[Any, int]]] = field(default_factory=dict)
    divides: bool = False
    complete: bool = True


def trace(output: torch.Tensor, start: torch.Tensor) -> Trace:
    """The part of the graph between two tensors."""
    found, seen, left = Trace(), {start.grad_fn}, [output.grad_fn]
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        found.nodes.append(node)
        found.divides = found.divides or _divides(node)
        if len(found.nodes) > MOST:
            found.complete = False
            break
        for place, (following, _) in enumerate(node.next_functions):
            leaf = getattr(following, "variable", None)
            if leaf is None:
                left.append(following)
            else:
                found.leaves.setdefault(id(leaf), []).append((node, place))
    return found


def _divides(node: Any) -> bool:
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        return True
    return any(part in node.name() for part in (*DIVIDING, *UNSEEN))


def before_it(tensor: torch.Tensor, take: Callable[[torch.Tensor], None]) -> None:
    """Calls `take` with the gradient by a tensor as its node gets it: after all hooks of the tensor."""
    place = tensor.output_nr

    def hook(gradients: Any) -> None:
        if gradients[place] is not None:
            take(gradients[place])

    if tensor.grad_fn is not None:
        tensor.grad_fn.register_prehook(hook)


def listen(edges: list[tuple[Any, int]], shape: torch.Size, take: Callable[[torch.Tensor], None]) -> None:
    """Calls `take` with the gradient that flows into a leaf of this shape by these edges alone, once it is complete."""
    parts: list[torch.Tensor] = []
    left = [len(edges)]

    def heard(place: int) -> Callable[[Any, Any], None]:
        def hook(grad_inputs: Any, _: Any) -> None:
            left[0] -= 1
            if grad_inputs[place] is not None:
                parts.append(grad_inputs[place].detach().sum_to_size(shape))
            if not left[0] and parts:
                take(sum(parts[1:], parts[0]))

        return hook

    for node, place in edges:
        node.register_hook(heard(place))
