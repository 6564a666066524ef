"""The largest eigenvalue of the Hessian, by power iteration with Hessian-vector products.

On a quadratic loss gradient descent converges where lr < 2 / lambda_max, and diverges above from almost every start.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from verify.experiments.landscape.objective import Objective
from verify.experiments.landscape.walk import random_direction

TOLERANCE = 1e-4
"""The residual, relative to the eigenvalue, at which the iteration ends."""


@dataclass(frozen=True)
class Eigenvalue:
    """An eigenvalue, and |Hv - value v| for the unit vector v that was found: an eigenvalue is that near to `value`."""

    value: float
    residual: float


def largest_eigenvalue(objective: Objective, limit: int = 200, seed: int = 0) -> Eigenvalue:
    """The largest eigenvalue of the Hessian of the loss where the model stands.

    Power iteration finds that of the largest absolute value. Where it is negative, the iteration is repeated for the
    Hessian plus its absolute value, whose eigenvalues are not negative.
    """
    product = Product(objective)
    start = {name: value.double() for name, value in objective.parameters.items()}
    drawn = random_direction({name: torch.ones_like(value) for name, value in start.items()}, seed)
    vector = torch.cat([value.flatten() for value in drawn.values()])
    found = _power(product, vector, 0.0, limit)
    return found if found.value >= 0 else _power(product, vector, -found.value, limit)


def _power(product: Product, vector: torch.Tensor, lift: float, limit: int) -> Eigenvalue:
    """Power iteration on the Hessian plus `lift`; the value is that of the Hessian."""
    value = residual = float("nan")
    vector = vector / vector.norm()
    for _ in range(limit):
        image = product(vector) + lift * vector
        value = float(vector @ image)
        residual = float((image - value * vector).norm())
        length = float(image.norm())
        if not length or residual <= TOLERANCE * abs(value):
            break
        vector = image / length
    return Eigenvalue(value - lift, residual)


class Product:
    """The Hessian times a vector; the gradient's graph is built once."""

    def __init__(self, objective: Objective) -> None:
        self.leaves = [value.detach().requires_grad_() for value in objective.parameters.values()]
        with torch.enable_grad():
            loss = objective.loss(dict(zip(objective.parameters, self.leaves, strict=True)))
            parts = torch.autograd.grad(loss, self.leaves, create_graph=True, allow_unused=True, materialize_grads=True)
            self.gradient = torch.cat([part.flatten() for part in parts])

    def __call__(self, vector: torch.Tensor) -> torch.Tensor:
        if not self.gradient.requires_grad:
            return torch.zeros_like(vector)
        found = torch.autograd.grad(
            self.gradient, self.leaves, vector.to(self.gradient), retain_graph=True, materialize_grads=True
        )
        return torch.cat([part.flatten() for part in found]).double()
