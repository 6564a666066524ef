"""Gradient clipping by torch.clamp, and as torch.nn.utils.clip_grad_norm_ has it, without its 1e-6."""

from __future__ import annotations

import torch

from verify.statements.references.reference import Reference, Values, each_instance


def _by_value(values: Values) -> dict[str, torch.Tensor]:
    c = float(values["c"].detach())
    return {"z": torch.clamp(values["y"], -c, c)}


def _by_norm(values: Values) -> dict[str, torch.Tensor]:
    y = values["y"]
    total = torch.linalg.vector_norm(y, 2)
    scale = torch.clamp(float(values["c"].detach()) / total, max=1.0)
    return {"r": total, "scale": scale, "z": y * scale}


def _on_both_sides(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """In turn mixed, inside, above and below, and nowhere so near the bound that rounding could take it across."""
    y, c = values["y"].double(), values["c"].double()[:, None]
    size = y.abs() / y.abs().amax(1, keepdim=True)
    mixed = torch.where(y.abs() < c, 0.8 * y.sign() * size.clamp(min=0.1) * c, y.sign() * (1.25 + size) * c)
    ways = (mixed, 0.8 * y / y.abs().amax(1, keepdim=True) * c, (1.25 + size) * c, -(1.25 + size) * c)
    return {**values, "y": _in_turn(ways).to(values["y"].dtype)}


def _longer_and_shorter(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Vectors whose length is not near c."""
    y, c = values["y"].double(), values["c"].double()[:, None]
    unit = y / torch.linalg.vector_norm(y, dim=1, keepdim=True)
    ways = tuple(length * c * unit for length in (2.5, 0.5, 1.5, 0.2))
    return {**values, "y": _in_turn(ways).to(values["y"].dtype)}


def _in_turn(ways: tuple[torch.Tensor, ...]) -> torch.Tensor:
    turns = torch.arange(ways[0].shape[0], device=ways[0].device)
    return torch.stack(ways)[turns % len(ways), turns]


CLIPPINGS = {
    "clip-value": Reference("torch.clamp", each_instance(_by_value), over=(0,), completed=_on_both_sides),
    "clip-norm": Reference(
        "torch.linalg.vector_norm and torch.clamp", each_instance(_by_norm), over=(0,), completed=_longer_and_shorter
    ),
}
