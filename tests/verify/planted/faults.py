"""The planted faults: the 18 of the issue for each family where they exist, and some more of the same kinds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch

from tests.verify.planted.arrangement import BATCHNORM, FAMILIES, GROUPNORM, LAYERNORM, RMSNORM
from tests.verify.planted.implementation import Call
from tests.verify.planted.kernel import Kernel
from tests.verify.planted.recipe import Mistake, Style

OUTPUT, BY_INPUT, BY_WEIGHT, SECOND_ORDER = "output", "input gradient", "weight gradient", "second order"
VECTOR, BLOCK = 8, 4


@dataclass(frozen=True)
class Fault:
    """A layer with one mistake.

    in_what is the first quantity that is wrong (a wrong output has wrong gradients too); says holds words of which a
    diagnosis should contain at least one; needs says what the inputs must have for the fault to show.
    """

    kind: str
    family: str
    in_what: str
    call: Call
    says: tuple[str, ...]
    needs: str = ""
    variant: str = ""

    @property
    def name(self) -> str:
        return f"{self.family}: {self.kind}" + (f" ({self.variant})" if self.variant else "")

    @property
    def listed(self) -> bool:
        """One of the 18 of the issue; the others are variants of them."""
        return not self.variant

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Plant:
    """One row of the table: a mistake, and the families that it exists in."""

    kind: str
    in_what: str
    mistake: Mistake
    says: tuple[str, ...]
    needs: str = ""
    variant: str = ""
    families: tuple[str, ...] = FAMILIES
    style: Style = field(default_factory=Style)

    def faults(self) -> list[Fault]:
        return [
            Fault(
                self.kind,
                family,
                self.in_what,
                Kernel(family, self.style, self.mistake),
                self.says,
                self.needs,
                self.variant,
            )
            for family in self.families
        ]


CENTRED = (LAYERNORM, BATCHNORM, GROUPNORM)
WITHIN_ROW = (LAYERNORM, RMSNORM, GROUPNORM)
SAVED = Style(keep="statistics")

VARIED = "gamma differs between features"
ALONG_ONE, ALONG_YHAT = "an upstream gradient with a part along 1", "an upstream gradient with a part along yhat"
TINY = "a variance that is not large against epsilon"
TAIL = f"m > {VECTOR} and no multiple of {VECTOR}"
UNEQUAL = "two rows or more, with different statistics"
MANY_BLOCKS = f"more than {BLOCK} elements for each parameter"
LONG = "long rows, or a dtype of storage above 16 bits"

LISTED = [
    Plant("mean term dropped", BY_INPUT, Mistake(mean_terms=0), ("mean", "<1, g>"), ALONG_ONE, families=CENTRED),
    Plant("projection term dropped", BY_INPUT, Mistake(projection_terms=0), ("projection", "yhat"), ALONG_YHAT),
    Plant(
        "mean and projection terms dropped",
        BY_INPUT,
        Mistake(mean_terms=0, projection_terms=0),
        ("mean", "projection", "yhat"),
        f"{ALONG_ONE} or yhat",
        families=CENTRED,
    ),
    Plant("mean term twice", BY_INPUT, Mistake(mean_terms=2), ("mean", "twice"), ALONG_ONE, families=CENTRED),
    Plant("gamma missing", BY_INPUT, Mistake(backward_gamma="missing"), ("gamma", "weight"), "gamma is not 1"),
    Plant(
        "gamma outside the sums",
        BY_INPUT,
        Mistake(backward_gamma="outside"),
        ("gamma", "after the reduction", "outside"),
        VARIED,
        families=WITHIN_ROW,
    ),
    Plant("gamma shifted by one feature", BY_INPUT, Mistake(backward_gamma="shifted"), ("gamma", "shifted"), VARIED),
    Plant("m-1", OUTPUT, Mistake(degrees_lost=1), ("m-1", "m - 1", "unbiased"), "small m"),
    Plant("epsilon dropped", OUTPUT, Mistake(eps_factor=0.0), ("epsilon", "eps"), TINY),
    Plant("epsilon x10", OUTPUT, Mistake(eps_factor=10.0), ("epsilon", "eps"), TINY),
    Plant("two rows mixed", OUTPUT, Mistake(rows_mixed=True), ("rows", "mixed"), UNEQUAL),
    Plant("last tail elements lost", OUTPUT, Mistake(tail=VECTOR), ("tail", "last"), TAIL),
    Plant("stale mean", OUTPUT, Mistake(mean_from="row before"), ("mean", "stale"), UNEQUAL, families=CENTRED),
    Plant("wrong reduction axis", OUTPUT, Mistake(axis=0), ("axis",), UNEQUAL),
    Plant(
        "accumulation in low precision",
        OUTPUT,
        Mistake(low_precision_of_storage=True, backward_low_precision=True),
        ("precision",),
        LONG,
    ),
    Plant(
        "variance by E[y^2]-E[y]^2",
        OUTPUT,
        Mistake(naive_variance=True),
        ("E[y^2]", "E[x^2]", "cancellation", "unstable"),
        "a mean that is large against the standard deviation",
        families=CENTRED,
    ),
    Plant(
        "parameter gradient missing one block",
        BY_WEIGHT,
        Mistake(block_lost=BLOCK),
        ("block", "weight gradient"),
        MANY_BLOCKS,
    ),
    Plant(
        "wrong only for non-contiguous input",
        OUTPUT,
        Mistake(strides_ignored=True),
        ("contiguous", "stride", "layout"),
        "a non-contiguous x",
    ),
]

KINDS = tuple(plant.kind for plant in LISTED)

VARIANTS = [
    Plant(
        "mean term twice",
        BY_INPUT,
        Mistake(mean_terms=2),
        ("mean",),
        ALONG_ONE,
        "a mean term where none is due",
        (RMSNORM,),
    ),
    Plant("gamma missing", OUTPUT, Mistake(gamma="missing"), ("gamma", "weight"), "gamma is not 1", "in the output"),
    Plant(
        "gamma shifted by one feature", OUTPUT, Mistake(gamma="shifted"), ("gamma", "shifted"), VARIED, "in the output"
    ),
    Plant(
        "m-1",
        BY_INPUT,
        Mistake(backward_degrees_lost=1),
        ("m-1", "m - 1"),
        f"small m, and {ALONG_ONE} or yhat",
        "in the sums of the backward",
    ),
    Plant("epsilon dropped", BY_INPUT, Mistake(backward_eps_factor=0.0), ("epsilon", "eps"), TINY, "in the backward"),
    Plant("epsilon x10", BY_INPUT, Mistake(backward_eps_factor=10.0), ("epsilon", "eps"), TINY, "in the backward"),
    Plant(
        "two rows mixed",
        BY_INPUT,
        Mistake(backward_rows_mixed=True),
        ("rows", "mixed"),
        "two rows or more",
        "of the input gradient",
    ),
    Plant(
        "last tail elements lost",
        BY_INPUT,
        Mistake(backward_tail=VECTOR),
        ("tail", "last"),
        f"{TAIL}, and {ALONG_ONE} or yhat",
        "in the sums of the backward",
    ),
    Plant(
        "last tail elements lost",
        OUTPUT,
        Mistake(tail=256),
        ("tail", "last"),
        "m > 256 and no multiple of 256",
        "blocks of 256",
    ),
    Plant("last tail elements lost", OUTPUT, Mistake(tail_unwritten=VECTOR), ("tail", "last"), TAIL, "not written"),
    Plant(
        "stale mean",
        OUTPUT,
        Mistake(mean_from="row before"),
        ("rows", "stale", "scale", "variance"),
        UNEQUAL,
        "mean square of the row before",
        (RMSNORM,),
    ),
    Plant(
        "stale mean",
        OUTPUT,
        Mistake(mean_from="last call"),
        ("mean", "stale"),
        "a mean that is not 0 in a first call, another x in a second",
        "mean of the last call",
        CENTRED,
        SAVED,
    ),
    Plant(
        "stale mean",
        BY_INPUT,
        Mistake(backward_mean_from="row before"),
        ("mean", "stale"),
        f"{UNEQUAL}, and {ALONG_YHAT}",
        "in the backward",
        CENTRED,
    ),
    Plant(
        "wrong reduction axis",
        BY_INPUT,
        Mistake(backward_axis=0),
        ("axis",),
        f"{UNEQUAL}, and {ALONG_ONE} or yhat",
        "in the backward",
    ),
    Plant(
        "wrong reduction axis",
        OUTPUT,
        Mistake(each_sample=True),
        ("axis", "sample", "batch"),
        "more than one sample",
        "each sample by itself",
        (BATCHNORM,),
    ),
    Plant(
        "wrong reduction axis",
        OUTPUT,
        Mistake(one_group=True),
        ("axis", "group"),
        "two groups or more",
        "all channels as one group",
        (GROUPNORM,),
    ),
    Plant(
        "accumulation in low precision",
        OUTPUT,
        Mistake(low_precision=torch.float16, backward_low_precision=True),
        ("precision",),
        LONG,
        "float16 sums in every dtype",
    ),
    Plant(
        "wrong only for non-contiguous input",
        BY_INPUT,
        Mistake(upstream_strides_ignored=True),
        ("contiguous", "stride", "layout"),
        "a non-contiguous upstream gradient that is not constant",
        "upstream gradient",
    ),
    Plant(
        "saved statistics are constants in the second derivative",
        SECOND_ORDER,
        Mistake(constants_in_second_order=True),
        ("second", "double backward"),
        "a second derivative",
        "silently",
        style=SAVED,
    ),
]

FAULTS: list[Fault] = [fault for plant in (*LISTED, *VARIANTS) for fault in plant.faults()]

ABSENT: dict[tuple[str, str], str] = {
    ("mean term dropped", RMSNORM): "RMSNorm subtracts no mean, so its gradient has no mean term",
    ("mean and projection terms dropped", RMSNORM): "without a mean term this is the dropped projection term",
    ("mean term twice", RMSNORM): "RMSNorm has no mean term; the variant puts one where none is due",
    ("gamma outside the sums", BATCHNORM): "a row has one gamma, which may as well stand outside: not a fault",
    ("stale mean", RMSNORM): "RMSNorm has no mean; the variant takes the mean square of the row before",
    ("variance by E[y^2]-E[y]^2", RMSNORM): "RMSNorm has no variance, and a mean square has no cancellation",
}
"""Of the 18, those that a family cannot have, with the reason."""

SAME_AS_RIGHT: dict[str, str] = {
    "gamma outside the sums": "groupnorm with one channel a group: gamma is constant in each row",
    "gamma shifted by one feature": "one feature, or all gamma alike",
    "two rows mixed": "one row, or a layout in which the two rows have the same statistics",
    "stale mean": "one row",
    "last tail elements lost": "m a multiple of the width, or below it",
    "parameter gradient missing one block": f"no more than {BLOCK} elements for each parameter",
    "epsilon dropped": "eps = 0, or rounding hides it: variance over epsilon above 1/u, u the unit roundoff",
    "wrong only for non-contiguous input": "contiguous tensors",
}
"""When a fault gives the right numbers, so that no test of values can find it."""


def fresh(fault: Fault) -> Fault:
    """The same fault with empty memory: for those that remember a call."""
    return replace(fault, call=fault.call.anew()) if isinstance(fault.call, Kernel) else fault
