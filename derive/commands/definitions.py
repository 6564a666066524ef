"""What the names in a formula stand for, beyond those that the layer itself defines."""

from __future__ import annotations

from collections.abc import Iterable

from derive.kernel import Theorem
from derive.language.binding import definitions_of
from derive.language.claims import Claim, Eq
from derive.language.terms import Entry
from derive.layers.program import Layer


def definitions(theorems: Iterable[Theorem], layer: Layer | None) -> list[Claim]:
    """An equation for each defined name in theorems that is not a step of the layer, each after those it rests on."""
    known = set(layer.names.values()) if layer else set()
    terms = [term for theorem in theorems for claim in (theorem.claim, *theorem.conditions) for term in claim.terms]
    return [
        Eq(Entry(tensor, tensor.definition.indices), tensor.definition.body)
        for tensor in definitions_of(*terms)
        if tensor.definition and tensor not in known
    ]
