"""The proved statements about a batch, evaluated on a batch that is split over the ranks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import cycle
from typing import Any

import torch.distributed as dist

from derive.language import Claim, Term
from derive.layers import LAYERS, Layer
from derive.naming import no_such
from derive.theorems import names as all_names
from derive.theorems import statement
from verify.errors import VerifyError
from verify.program import same
from verify.ranks.group import Ranks, told
from verify.ranks.shards import Shards, shards_of
from verify.ranks.statements.evaluation import SplitEvaluation, compare
from verify.ranks.statements.report import StatementReport
from verify.ranks.statements.split import Part
from verify.statements.check import Check, Setting, begun, judged, sign_of, worst
from verify.statements.derived import derived
from verify.statements.hypotheses import meet
from verify.statements.plan import TRIALS, Plan, batch_for, fault_of_statement, point_for, settings
from verify.statements.point import Point
from verify.statements.report import LeftOut

MOST = 256
"""More samples of a channel are refused here: matrices over the batch are evaluated entry by entry."""
SPLIT = (
    "batchnorm",
    "batchnorm-running",
    "batchnorm-inference",
    "linear-batchnorm",
    "l1-batchnorm",
    "lp-batchnorm",
    "linf-batchnorm",
)
"""Layers whose input and output have one axis over the batch."""


def found(names: Sequence[str]) -> tuple[list[Any], LeftOut]:
    """The statements that can be split, by name or all, and why the others can't; those that are named have to be."""
    own = {each.id: each for each in derived(LAYERS["batchnorm"](), every=bool(names))}
    known = [*all_names(), *own]
    for name in names:
        if name not in known:
            raise VerifyError(no_such("statement", name, known, "derive list"))
    chosen = [own[name] if name in own else statement(name) for name in names or known]
    faults = [(each.id, fault) for each in chosen if (fault := fault_of_split(each))]
    if names and faults:
        raise VerifyError(f"{faults[0][0]} can't be split over ranks: {faults[0][1]}")
    without = dict(faults)
    return [each for each in chosen if each.id not in without], faults


def fault_of_split(statement: Any) -> str:
    """Why a statement can't be evaluated on a batch that is split, or ""."""
    layer: Layer | None = statement.layer
    if layer is None:
        return "it is not about a layer, so that there is no batch to split"
    if layer.name in ("batchnorm2d", "batchnorm3d"):
        return "its batch has several axes: evaluate the statements about batchnorm on a shape C,H,W"
    if layer.name not in SPLIT:
        return f"no statistic of {layer.name} runs over the batch, so that nothing has to be sent"
    return fault_of_statement(statement)


def batch_size(layer: Layer) -> Term:
    """The size that stands for the length of the batch: that of the output."""
    definition = layer.output.definition
    if definition is None or len(definition.indices) != 1:
        raise VerifyError(f"{layer.name} has no output with one axis over the batch")
    return same(definition.indices[0].size)


def evaluated(names: Sequence[str], plan: Mapping[str, Any], sizes: Sequence[int], ranks: Ranks) -> StatementReport:
    """Evaluates statements on all ranks; every rank calls it, and gets the same report."""
    shards = shards_of(sizes, ranks.count)
    chosen, left_out = found(names)
    left_out = list(left_out)
    own = Plan(
        device=str(ranks.device),
        dtypes=tuple(plan["dtypes"]),
        shapes=((shards.total, *plan["shape"]),),
        eps=plan["eps"],
        seed=plan["seed"],
    )
    checks: list[Check] = []
    for each in chosen:
        ended = ranks.together(lambda say, each=each: list(_checks(each, own, shards, ranks, say)))
        failed = told(ended, each.id, ranks.timeout)
        if failed and not all(end.refused for end in ended):
            raise VerifyError(f"{each.id}: {failed}")
        if failed:
            left_out.append((each.id, ended[0].error))
        else:
            checks += ended[0].value
    backend = str(dist.get_backend())
    return ranks.shared(StatementReport(ranks.device.type, backend, shards.sizes, tuple(checks), tuple(left_out)))


def _checks(statement: Any, plan: Plan, shards: Shards, ranks: Ranks, say: Callable[[str], None]) -> Iterator[Check]:
    say("evaluation")
    layer: Layer = statement.layer
    local = shaped(plan, layer, shards)
    for theorem in statement.theorems:
        claim = same(theorem.claim)
        for setting in settings(claim, layer, local):
            if setting.layout != "contiguous":
                continue
            point = _point(claim, layer, setting, local)
            total = point.sizes[batch_size(layer)]
            rows = shards.times(total // shards.total)
            if total > MOST:
                raise VerifyError(f"a channel has {total} samples here; choose shards with at most {MOST} in all")
            yield checked(statement.id, claim, layer, setting, point, Part(batch_size(layer), rows, ranks.rank))


def shaped(plan: Plan, layer: Layer, shards: Shards) -> Plan:
    """The plan with a shape for this layer: torch's for batch normalization, else the lengths of its axes."""
    if layer.name == "batchnorm":
        return plan
    tensors = (*layer.inputs, *layer.parameters, *layer.constants)
    axes = dict.fromkeys(same(size) for tensor in tensors for size in tensor.sizes)
    lengths = cycle((3, 2, 4, 5))
    shape = tuple(shards.total if size == batch_size(layer) else next(lengths) for size in axes)
    return replace(plan, shapes=(shape,))


def _point(claim: Claim, layer: Layer, setting: Setting, plan: Plan) -> Point:
    """Numbers that satisfy the hypotheses somewhere, as `verify run` draws them."""
    batches = lru_cache(maxsize=4)(lambda setting: batch_for(setting, plan))
    point = point_for(claim, layer, setting, plan, batches)
    for trial in range(1, TRIALS if claim.hypotheses else 1):
        if not meet(claim, point)[1]:
            break
        point = point_for(claim, layer, replace(setting, seed=setting.seed + 1000 * trial), plan, batches)
    return point


def checked(statement: str, claim: Claim, layer: Layer, setting: Setting, drawn: Point, part: Part) -> Check:
    """One claim at one point whose batch is split."""
    point, reason = meet(claim, drawn)
    more = part.shards.count - 1
    origin = f"running error analysis as in one process, and {more} more additions in every sum"
    result = begun(statement, claim, layer, setting, point, reason, origin)
    if result.reason:
        return result
    return judged(result, [worst(compare(claim, SplitEvaluation(point, part)), sign_of(claim))])
