"""Both sides of a claim at a point whose batch is split over the ranks, with bounds for sums over shards."""

from __future__ import annotations

from typing import Any

import torch

from derive.language import Claim, Term
from verify.bounds.running import Bounded, Running, analyse
from verify.compile import additions, program_of
from verify.program import Program, aligner, leaf_sizes, length, same
from verify.ranks.shards import Shards
from verify.ranks.statements.distributed import Distributed
from verify.ranks.statements.split import Leaf, Part, Splitter
from verify.statements.evaluate import Compared, Evaluation, sides
from verify.statements.point import Point


class AcrossRanks(Running):
    """Running error analysis for sums that are cut into shards.

    A term passes through the additions in its shard, and through one for each further rank.
    """

    def __init__(self, tested: torch.dtype | None, device: torch.device, shards: Shards) -> None:
        super().__init__(tested, device)
        self.shards = shards

    def additions(self, count: int) -> int:
        deepest = max(additions(size) for size in self.shards.sizes if size) + self.shards.count - 1
        return max(super().additions(count), deepest)


class SplitEvaluation(Evaluation):
    """The values of terms at a point whose batch is split; bounds are those for the whole of it."""

    def __init__(self, point: Point, part: Part) -> None:
        self.point, self.sizes, self.part = point, dict(point.sizes), part
        self._bounded: dict[Any, Bounded] = {}
        given = {tensor: self.leaf(tensor).value for tensor in (*point.values, *point.meant)}
        self.autograd: Any = Distributed(given, point, part)

    def running(self, dtype: torch.dtype | None) -> Running:
        return AcrossRanks(dtype, self.point.device, self.part.shards)

    def tested(self, term: Term) -> tuple[Program, torch.Tensor, torch.Tensor, bool]:
        """A term run in the dtype of the point on the rows of each rank, and gathered."""
        program, dtype = program_of(term), self.point.dtype
        leaves, running = self.leaves(program.leaves), self.running(dtype)
        expected = analyse(program, running, leaves, self.sizes)
        splitter = Splitter(dtype, self.point.device, self.sizes, self.part)
        own = {leaf: splitter.own(bounded.value.to(dtype), _sizes(leaf)) for leaf, bounded in leaves.items()}
        value = splitter.whole(splitter.run(program, own))
        return program, value.double(), expected.error, running.overflows


def _sizes(leaf: Leaf) -> tuple[Term, ...]:
    return tuple(map(same, leaf_sizes(leaf)))


def compare(claim: Claim, evaluation: SplitEvaluation) -> Compared:
    """One side by autograd across the ranks in float64, the other as compiled, on the shards, in the point's dtype."""
    oracle_term, tested_term = sides(claim)
    oracle_program, oracle = evaluation.oracle(oracle_term)
    tested_program, value, error, overflows = evaluation.tested(tested_term)
    axes = tuple(dict.fromkeys((*oracle_program.axes, *tested_program.axes)))
    shape = (evaluation.point.instances, *(length(index.size, evaluation.sizes) for index in axes))
    to_oracle, to_tested = aligner(oracle_program.axes, axes), aligner(tested_program.axes, axes)
    bound = (to_oracle(oracle.drift) + to_tested(error)) * (1 + 2.0**-50)
    return Compared(
        to_oracle(oracle.value).expand(shape), to_tested(value).expand(shape), bound.expand(shape), overflows
    )
