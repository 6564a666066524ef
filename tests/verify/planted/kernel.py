"""One hand-written forward and backward for all four families, with the pieces of a recipe."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tests.verify.planted import sums
from tests.verify.planted.arrangement import arrange
from tests.verify.planted.recipe import Mistake, Plan, Style
from tests.verify.planted.statistics import TOTALS, low, mixed, moments, remembered


def statistics(x: Tensor, plan: Plan, storage: torch.dtype) -> tuple[Tensor, Tensor]:
    """Mean and 1/s of each row."""
    mean, var = moments(x, plan, storage)
    guarded = var + plan.eps * plan.mistake.eps_factor
    return mean, guarded.rsqrt() if plan.style.root == "rsqrt" else 1 / guarded.sqrt()


def output(x: Tensor, mean: Tensor, inverse: Tensor, gamma: Tensor, beta: Tensor, plan: Plan,
           storage: torch.dtype) -> Tensor:  # fmt: skip
    if plan.style.affine == "alpha":
        alpha = gamma * inverse
        return (x * alpha + (beta - mean * alpha)).to(storage)
    xhat = (x - mean) / (1 / inverse) if plan.style.root == "division" else (x - mean) * inverse
    if plan.style.affine == "rounded":
        return (xhat.to(storage) * gamma.to(storage)).to(storage) + beta.to(storage)
    return (xhat * gamma + beta).to(storage)


def written(result: Tensor, mistake: Mistake) -> Tensor:
    """What reaches the memory: a tail that is not written stays zero."""
    width, m = mistake.tail_unwritten, result.shape[-1]
    if not width or m <= width:
        return result
    return torch.nn.functional.pad(result[:, : m // width * width], (0, m % width))


def forward_gamma(gamma: Tensor, mistake: Mistake) -> Tensor:
    return {"right": gamma, "missing": torch.ones_like(gamma), "shifted": gamma.roll(1)}[mistake.gamma]


def backward_total(plan: Plan, storage: torch.dtype) -> sums.Total:
    total = TOTALS[plan.style.summation]
    if plan.mistake.backward_low_precision:
        total = low(plan.mistake, storage, total)
    if plan.mistake.backward_tail:
        total = sums.without_tail(total, plan.mistake.backward_tail)
    if plan.mistake.backward_axis == 0:
        return lambda terms: total(terms.transpose(0, 1)).transpose(0, 1)
    return total


def input_gradient(g: Tensor, x: Tensor, xhat: Tensor, gamma: Tensor, inverse: Tensor, mean: Tensor, plan: Plan,
                   storage: torch.dtype) -> Tensor:  # fmt: skip
    """(g' - <1, g'>/m - xhat <xhat, g'>/m) / s with g' = gamma g."""
    mistake, total = plan.mistake, backward_total(plan, storage)
    m = x.shape[1 - (mistake.backward_axis == 0)] - mistake.backward_degrees_lost
    outside = mistake.backward_gamma == "outside"
    scaled = g if outside else g * gamma
    if plan.style.backward == "coefficients":
        along = total(scaled * (x - mean)) * inverse
        slope = -along * inverse**2 / m
        shift = -slope * mean - (total(scaled) * inverse / m if plan.centred else 0)
        return scaled * inverse + x * slope + shift
    result = scaled - mistake.projection_terms * xhat * (total(scaled * xhat) / m)
    mean_terms = mistake.mean_terms if plan.centred else mistake.mean_terms - 1
    if mean_terms:
        result = result - mean_terms * (total(scaled) / m)
    return result * inverse * gamma if outside else result * inverse


def parameter_gradient(terms: Tensor, plan: Plan) -> Tensor:
    """The sum over all elements that share a parameter, as one vector."""
    by_feature, total = plan.arrangement.by_feature(terms), TOTALS[plan.style.summation]
    size = plan.mistake.block_lost or plan.style.row_blocks
    if not size:
        return total(by_feature).squeeze(-1)
    partial = [total(block) for block in by_feature.split(size, -1)]
    if plan.mistake.block_lost and len(partial) > 1:
        partial = partial[:-1]
    return total(torch.cat(partial, -1)).squeeze(-1)


def backward_gamma(gamma: Tensor, mistake: Mistake) -> Tensor:
    if mistake.backward_gamma == "missing":
        return torch.ones_like(gamma)
    return gamma.roll(1) if mistake.backward_gamma == "shifted" else gamma


def gradients(grad: Tensor, x: Tensor, weight: Tensor, saved: list[Tensor],
              plan: Plan) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """By x, by the weight and by the bias, each in the accumulation dtype."""
    place, storage, mistake = plan.arrangement, x.dtype, plan.mistake
    acc = sums.accumulation(storage)
    grad = as_if_contiguous(grad) if mistake.upstream_strides_ignored else grad
    g, rows = place.rows(grad).to(acc), place.rows(x).to(acc)
    mean, inverse = saved[:2] if saved else statistics(rows, plan, storage)
    mean = remembered(mean, mistake.backward_mean_from, plan)
    if mistake.backward_eps_factor != 1:
        inverse = (inverse**-2 + (mistake.backward_eps_factor - 1) * plan.eps).rsqrt()
    xhat = saved[2].to(acc) if len(saved) > 2 else (rows - mean) * inverse
    gamma = place.spread(backward_gamma(weight.to(acc), mistake))
    by_x = input_gradient(g, rows, xhat, gamma, inverse, mean, plan, storage)
    by_x = mixed(by_x) if mistake.backward_rows_mixed else by_x
    return place.back(by_x), parameter_gradient(g * xhat, plan), parameter_gradient(g, plan)


def as_if_contiguous(x: Tensor) -> Tensor:
    """The elements in the order of memory, as a kernel reads them that ignores the strides."""
    if x.is_contiguous():
        return x
    held = x.as_strided((x.untyped_storage().nbytes() // x.element_size(),), (1,), 0)
    places = (torch.arange(x.numel(), device=x.device) + x.storage_offset()) % len(held)
    return held[places].reshape(x.shape)


class Normalization(torch.autograd.Function):
    """The kernel as users write one; its backward can be differentiated where nothing but inputs was saved."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, plan: Plan) -> Tensor:
        x = as_if_contiguous(x) if plan.mistake.strides_ignored else x
        place, acc = plan.arrangement, sums.accumulation(x.dtype)
        rows = place.rows(x).to(acc)
        gamma = place.spread(forward_gamma(weight.to(acc), plan.mistake))
        ctx.plan = plan
        mean, inverse = statistics(rows, plan, x.dtype)
        kept = [] if plan.style.keep == "x" else [mean, inverse]
        if plan.style.keep == "xhat":
            kept.append(((rows - mean) * inverse).to(x.dtype))
        ctx.save_for_backward(x, weight, *kept)
        result = output(rows, mean, inverse, gamma, place.spread(bias.to(acc)), plan, x.dtype)
        return place.back(written(result, plan.mistake))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        x, weight, *kept = ctx.saved_tensors
        by_x, by_weight, by_bias = gradients(grad, x, weight, kept, ctx.plan)
        like = weight.dtype
        return by_x.to(x.dtype), by_weight.reshape(weight.shape).to(like), by_bias.reshape(weight.shape).to(like), None


class OnceDifferentiable(Normalization):
    """The same with saved statistics: it refuses a second derivative."""

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        return Normalization.backward(ctx, grad)


class Kernel:
    """A kernel of one family: called with torch's shapes, differentiable."""

    def __init__(self, family: str, style: Style = Style(), mistake: Mistake = Mistake()) -> None:  # noqa: B008
        self.family, self.style, self.mistake = family, style, mistake
        self.memory: dict[tuple[int, ...], Tensor] = {}

    def __call__(
        self, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1
    ) -> Tensor:
        family, groups = self.taken_for(x, num_groups)
        place = arrange(family, x, weight, groups)
        features = x.shape[-1] if self.family in ("layernorm", "rmsnorm") else x.shape[1]
        weight = x.new_ones(features) if weight is None else weight
        bias = torch.zeros_like(weight) if bias is None else bias
        plan = Plan(place, eps, self.style, self.mistake, self.memory)
        lasting = self.style.twice_differentiable or self.mistake.constants_in_second_order
        function = Normalization if lasting else OnceDifferentiable
        return function.apply(x, weight, bias, plan)

    def anew(self) -> Kernel:
        return Kernel(self.family, self.style, self.mistake)

    def taken_for(self, x: Tensor, num_groups: int) -> tuple[str, int]:
        """The family and the groups that this kernel takes its layer for."""
        if self.mistake.each_sample:
            return "groupnorm", x.shape[1]
        return self.family, 1 if self.mistake.one_group else num_groups
