"""What the lemma starts from: that an optimum W* of the network without normalization is one of that with it.

On one batch, at epsilon = 0, a layer with weights W, bias b and a normalization behind it is a layer without one, with
the weights W' = gamma W / s and the bias b' = beta - gamma mean(W x) / s. So the loss is that of the network without
normalization at (W', b'), which depends continuously on (W, gamma, beta); and at W*, gamma = s, beta = mu they are W*
and b*. A minimum there is a minimum here. It takes gamma, beta and b: in general it need not be one (Dannemann and
Junike 2025, Batch normalization does not improve initialization, arXiv 2502.17913).

The gradient by the weights shows it. By Fact C.1 the upstream gradient g of the layer loses its part along 1 and yhat,

    P g = mean(g) + yhat <g, yhat> / m.

Where the loss is stationary in W and b, sum g = 0 and <g, y> = <W, dL/dW> + b dL/db = 0, hence P g = 0. Near there

    |gradient with normalization| <= |gradient without| + |what P g brings|.
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
