"""`derive page`: everything about one layer, as Markdown whose formulas come out of the program and the theorems."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from derive.commands.definitions import definitions
from derive.commands.lookup import layer_named
from derive.gradients import gradient, hvp, jacobian, jvp
from derive.kernel import Theorem
from derive.language.claims import Claim, Eq
from derive.language.terms import Entry, Tensor
from derive.latex import broken, claim_latex
from derive.layers.program import Layer
from derive.maxima import Maximum
from derive.theorems.registry import Statement, statements


def show_page(name: str, as_json: bool) -> int:
    """Prints the page of a layer."""
    text = page(layer_named(name))
    print(json.dumps({"layer": name, "markdown": text}, indent=2) if as_json else text, end="\n" if as_json else "")
    return 0


def page(layer: Layer) -> str:
    """A layer in Markdown: its forward program, its derivatives, and the statements about it."""
    own = [each for each in statements().values() if each.layer and each.layer.name == layer.name]
    parts = [f"# {layer.title}", f"<!-- written by `derive page {layer.name}` -->"]
    return "\n\n".join([*parts, *_program(layer), *_derivatives(layer), *_statements(own)]) + "\n"


def _program(layer: Layer) -> Iterator[str]:
    yield "## Forward"
    yield _display([_defined(step) for step in (*layer.steps, *layer.updates)])
    roles = (("inputs", layer.inputs), ("parameters", layer.parameters), ("constants", layer.constants))
    yield "\n".join(f"- {role}: {_named(tensors)}" for role, tensors in roles if tensors)


def _derivatives(layer: Layer) -> Iterator[str]:
    yield "## Gradient of a loss (VJP)"
    for tensor in (*layer.inputs, *layer.parameters):
        yield _theorem(gradient(layer, tensor.name), layer)
    yield "## Along a tangent (JVP)"
    for tensor in (*layer.inputs, *layer.parameters):
        yield _theorem(jvp(layer, tensor.name), layer)
    yield "## Jacobian"
    yield _theorem(jacobian(layer), layer)
    yield "## Hessian of a loss times a tangent (HVP)"
    yield _theorem(hvp(layer), layer)


def _statements(about: Sequence[Statement]) -> Iterator[str]:
    if about:
        yield "## Proved about it"
    for each in about:
        source = f" ({each.source})" if each.source else ""
        head = f"**`{each.id}`** {each.title}{source}"
        if isinstance(each.proof, Maximum):
            yield f"{head}\n\n$$\n{each.proof.latex}\n$$"
        else:
            yield f"{head}\n\n{_theorem(each.theorem, each.layer)}"


def _theorem(theorem: Theorem, layer: Layer | None) -> str:
    shown = _display([theorem.claim, *definitions([theorem], layer)])
    conditions = " and ".join(f"${claim_latex(condition)}$" for condition in theorem.conditions)
    return f"{shown}\n\nwhere {conditions}" if conditions else shown


def _display(claims: Sequence[Claim]) -> str:
    rows = " \\\\\n".join(map(broken, claims))
    return f"$$\n{rows}\n$$" if len(claims) == 1 else f"$$\n\\begin{{gathered}}\n{rows}\n\\end{{gathered}}\n$$"


def _defined(step: Tensor) -> Claim:
    definition = step.definition
    if definition is None:
        raise TypeError(f"{step} is not a step of a program")
    return Eq(Entry(step, definition.indices), definition.body)


def _named(tensors: Sequence[Tensor]) -> str:
    return ", ".join(f"`{each.name}`{_shape(each)}" for each in tensors)


def _shape(tensor: Tensor) -> str:
    return f" ({', '.join(map(str, tensor.sizes))})" if tensor.sizes else ""
