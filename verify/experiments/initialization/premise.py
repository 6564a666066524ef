"""What the lemma starts from: that an optimum W* of the network without normalization is one of that with it.

With gamma = sigma and beta = mu a batch normalization returns its input, so the losses are equal. The gradient by the
weights is not the same: by Fact C.1 the upstream gradient g of the layer loses its part P g along 1 and along yhat,

    P g = mean(g) + yhat <g, yhat> / m.

Where the loss is stationary in the weights and the bias of the layer, sum g = 0 and <g, y> = <W, dL/dW> + b dL/db = 0,
hence P g = 0, and W* is stationary with the normalization, too. Near such a point

    |gradient with it| <= |gradient without| + |what P g brings|.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from verify.experiments.initialization.normalization import Transplanted
from verify.experiments.initialization.subject import Layer, loss
from verify.workload import Workload


def premises(work: Workload, layers: Sequence[Layer]) -> list[dict]:
    """The two gradients by the weights of each layer, with one normalization put behind it; and the two losses."""
    return [found for layer in layers if (found := _premise(work, layer)) is not None]


def _premise(work: Workload, layer: Layer) -> dict | None:
    module, norm = work.model.get_submodule(layer.name), work.model.get_submodule(layer.norm)
    weight = module.weight
    if norm.weight is None or not isinstance(weight, torch.Tensor):
        return None
    plain, plain_gradient, lost = _without(work, module, weight)
    with torch.random.fork_rng(devices=[]), Transplanted(norm):
        torch.manual_seed(0)
        with_it = work.step()
        (gradient,) = torch.autograd.grad(with_it, weight)
    return {
        "layer": layer.name,
        "loss": float(plain.detach()),
        "with": float(with_it.detach()),
        "gradient": float(plain_gradient.norm()),
        "gradient_with": float(gradient.norm()),
        "limit": float(plain_gradient.norm() + lost.norm()),
        "bias": module.bias is not None,
    }


def _without(
    work: Workload, module: torch.nn.Module, weight: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss without normalization, its gradient by the weights, and what P g brings to that by the weights."""
    seen: list[torch.Tensor] = []

    def keep(_: torch.nn.Module, args: tuple, returned: torch.Tensor) -> None:
        seen.append(returned)

    hook = module.register_forward_hook(keep)
    try:
        value = loss(work, None)
    finally:
        hook.remove()
    y = seen[0]
    gradient, g = torch.autograd.grad(value, [weight, y], retain_graph=True)
    (lost,) = torch.autograd.grad(y, weight, _projected(y.detach(), g))
    return value, gradient, lost


def _projected(y: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """P g, channel by channel; channels are the second axis."""
    axes = [0, *range(2, y.dim())]
    variance, mean = torch.var_mean(y, axes, correction=0, keepdim=True)
    yhat = (y - mean) / variance.sqrt()
    return g.mean(axes, keepdim=True) + yhat * (g * yhat).mean(axes, keepdim=True)
