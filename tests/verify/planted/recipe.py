"""How a kernel is written (Style, every choice honest) and what is wrong with it (Mistake, nothing by default)."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from tests.verify.planted.arrangement import Arrangement


@dataclass(frozen=True)
class Style:
    """Choices that are all correct: they change the rounding and nothing else."""

    summation: str = "native"  # native | sequential | pairwise | chunked
    variance: str = "two-pass"  # two-pass | welford | corrected | shifted
    root: str = "rsqrt"  # rsqrt | division
    affine: str = (
        "xhat"  # xhat: xhat * gamma + beta | alpha: x * alpha + beta' | rounded: each step to the storage dtype
    )
    keep: str = "x"  # x: all is computed again | statistics | xhat: in the storage dtype
    backward: str = "terms"  # terms | coefficients: a g + b x + c
    row_blocks: int = 0  # gradients of parameters: sums of so many rows first; 0 means all at once

    @property
    def twice_differentiable(self) -> bool:
        """A backward that computes all again from x is differentiated by autograd; saved values would be constants."""
        return self.keep == "x"


@dataclass(frozen=True)
class Mistake:
    """Switches, each one a planted fault."""

    # Of the forward, and so of all that is computed from it.
    eps_factor: float = 1.0
    degrees_lost: int = 0
    axis: int = 1
    tail: int = 0
    mean_from: str = "own row"  # own row | row before | last call
    rows_mixed: bool = False
    naive_variance: bool = False
    low_precision: torch.dtype | None = None
    low_precision_of_storage: bool = False
    gamma: str = "right"  # right | missing | shifted
    strides_ignored: bool = False
    tail_unwritten: int = 0
    one_group: bool = False  # groupnorm with one group
    each_sample: bool = False  # batchnorm with statistics of each sample by itself

    # Of the backward alone.
    mean_terms: int = 1
    projection_terms: int = 1
    backward_gamma: str = "right"  # right | missing | shifted | outside
    backward_eps_factor: float = 1.0
    backward_degrees_lost: int = 0
    backward_axis: int = 1
    backward_tail: int = 0
    backward_mean_from: str = "own row"
    backward_rows_mixed: bool = False
    backward_low_precision: bool = False
    block_lost: int = 0
    upstream_strides_ignored: bool = False
    constants_in_second_order: bool = False


@dataclass(frozen=True)
class Plan:
    """All that a run is told beside its tensors; memory outlives the call, as a buffer of a module does."""

    arrangement: Arrangement
    eps: float
    style: Style
    mistake: Mistake
    memory: dict[tuple[int, ...], torch.Tensor] = field(default_factory=dict)

    @property
    def centred(self) -> bool:
        return self.arrangement.family != "rmsnorm"
