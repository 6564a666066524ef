"""What the names in a formula stand for, beyond those that the layer itself defines."""

from __future__ import annotations

from collections.abc import Iterable

from derive.kernel import Theorem
from derive.language.binding import definitions_of
from derive.language.claims import Claim, Eq
from derive.language.terms import Entry
from derive.layers.program import Layer


def definitions(said: Iterable[Theorem | Claim], *layers: Layer | None) -> list[Claim]:
    """An equation for each defined name in theorems or claims that no layer has, each after those it rests on."""
    known = {tensor for layer in layers if layer for tensor in layer.names.values()}
    terms = [term for each in said for claim in _claims(each) for term in claim.terms]
    return [
        Eq(Entry(tensor, tensor.definition.indices), tensor.definition.body)
        for tensor in definitions_of(*terms)
        if tensor.definition and tensor not in known
    ]


def _claims(said: Theorem | Claim) -> tuple[Claim, ...]:
    return (said,) if isinstance(said, Claim) else (said.claim, *said.conditions)
