"""Both sides of a claim at one point: the values, and how far from the exact ones they can be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import torch

from derive.language import Claim, Derivative, Index, Tensor, Term
from verify.bounds import Bounded, Running, analyse, exact
from verify.compile import Torch, definitions_in, program_of, whole
from verify.errors import VerifyError
from verify.program import Program, aligner, execute, leaf_axes, length
from verify.statements.adjoint import chain_rule
from verify.statements.oracle import Autograd
from verify.statements.point import Meaning, Point


@dataclass(frozen=True)
class Compared:
    """The two sides as arrays of one shape (instances, free indices): float64 values, and a bound on either's error.

    `oracle` is the side evaluated in float64 by autograd and torch's own operations, `tested` the one compiled and run
    in the point's dtype; `bound` covers the distance of each from the exact value.
    """

    oracle: torch.Tensor
    tested: torch.Tensor
    bound: torch.Tensor
    overflows: bool


@lru_cache(maxsize=4096)
def chain_of(derivative: Derivative) -> Program:
    return chain_rule(derivative)


def derivatives_in(program: Program) -> list[Derivative]:
    """The leaves of a program that autograd evaluates."""
    return [leaf for leaf in program.leaves if isinstance(leaf, Derivative)]


@lru_cache(maxsize=4096)
def sides(claim: Claim) -> tuple[Term, Term]:
    """The side for the oracle, which is the one with derivatives, and the side to be tested."""
    swap = derivatives_in(program_of(claim.rhs)) and not derivatives_in(program_of(claim.lhs))
    return (claim.rhs, claim.lhs) if swap else (claim.lhs, claim.rhs)


@lru_cache(maxsize=4096)
def programs_of(claim: Claim) -> tuple[Program, ...]:
    """Every program that a check of the claim runs."""
    own = (program_of(claim.lhs), program_of(claim.rhs))
    return (*own, *(chain_of(leaf) for program in own for leaf in derivatives_in(program)))


class Evaluation:
    """The values of terms at one point, with their bounds; derivatives are taken once."""

    def __init__(self, point: Point) -> None:
        self.point, self.sizes = point, dict(point.sizes)
        self._bounded: dict[Tensor | Derivative, Bounded] = {}
        given = {tensor: self.leaf(tensor).value for tensor in (*point.values, *point.meant)}
        self.autograd = Autograd(given, point)

    def oracle(self, term: Term) -> tuple[Program, Bounded]:
        """A term in float64, with what torch's own operations give for the steps of the layer."""
        native = frozenset(tensor for tensor in definitions_in(term) if tensor in self.autograd.native)
        program = program_of(term, native)
        leaves = self.leaves(leaf for leaf in program.leaves if leaf not in native)
        steps = {leaf: self._step(leaf) for leaf in native if leaf in program.leaves}
        return program, analyse(program, self.running(None), {**leaves, **steps}, self.sizes)

    def bounded(self, term: Term) -> Bounded:
        """A term as it is defined, in float64."""
        program = program_of(term)
        return analyse(program, self.running(None), self.leaves(program.leaves), self.sizes)

    def tested(self, term: Term) -> tuple[Program, torch.Tensor, torch.Tensor, bool]:
        """A term run in the dtype of the point: its program, value and error, and whether anything may overflow."""
        program, dtype = program_of(term), self.point.dtype
        leaves, running = self.leaves(program.leaves), self.running(dtype)
        expected = analyse(program, running, leaves, self.sizes)
        rounded = {leaf: bounded.value.to(dtype) for leaf, bounded in leaves.items()}
        found = execute(program, Torch(dtype, self.point.device), rounded, self.sizes)
        return program, found.double(), expected.error, running.overflows

    def running(self, dtype: torch.dtype | None) -> Running:
        return Running(dtype, self.point.device)

    def leaves(self, wanted: Iterable[Tensor | Derivative]) -> dict[Tensor | Derivative, Bounded]:
        return {leaf: self.leaf(leaf) for leaf in wanted}

    def leaf(self, leaf: Tensor | Derivative) -> Bounded:
        """The value of a leaf, with its distance from the exact one."""
        if leaf not in self._bounded:
            self._bounded[leaf] = self._leaf(leaf)
        return self._bounded[leaf]

    def _leaf(self, leaf: Tensor | Derivative) -> Bounded:
        if isinstance(leaf, Derivative):
            value = self.autograd.derivative(leaf)
            program = chain_of(leaf)
            return self._rounded(value, self._drift(program, leaf_axes(leaf)))
        if leaf in self.point.meant:
            return self._meant(leaf, self.point.meant[leaf])
        if leaf in self.point.values:
            return exact(self.point.values[leaf])
        known = ", ".join(tensor.name for tensor in self.point.values)
        raise VerifyError(f"the statement is about {leaf}, for which verify has no values; it has {known}")

    def _meant(self, tensor: Tensor, meaning: Meaning) -> Bounded:
        """A tensor whose exact value is that of a formula."""
        found, align = self.bounded(meaning.term), aligner(program_of(meaning.term).axes, meaning.indices)
        shape = (self.point.instances, *(length(size, self.sizes) for size in tensor.sizes))
        return self._rounded(align(found.value).expand(shape), align(found.drift))

    def _step(self, step: Tensor) -> Bounded:
        """A step of the layer by torch's own operation."""
        value = self.autograd.step(step)
        return self._rounded(value, self._drift(program_of(whole(step)), whole(step).indices))

    def _drift(self, program: Program, axes: tuple[Index, ...]) -> torch.Tensor:
        bounded = analyse(program, self.running(None), self.leaves(program.leaves), self.sizes)
        return aligner(program.axes, axes)(bounded.drift)

    def _rounded(self, value: torch.Tensor, drift: torch.Tensor) -> Bounded:
        """A value of the oracle, which is rounded to the dtype where the tested side has it."""
        drift = drift.expand(value.shape)
        return Bounded(value, drift, drift + (value.to(self.point.dtype).double() - value).abs())


def compare(claim: Claim, point: Point) -> Compared:
    """Evaluates a claim: one side by autograd in float64, the other as compiled, in the dtype of the point."""
    oracle_term, tested_term = sides(claim)
    evaluation = Evaluation(point)
    oracle_program, oracle = evaluation.oracle(oracle_term)
    tested_program, found, error, overflows = evaluation.tested(tested_term)
    axes = tuple(dict.fromkeys((*oracle_program.axes, *tested_program.axes)))
    shape = (point.instances, *(length(index.size, evaluation.sizes) for index in axes))
    to_oracle, to_tested = aligner(oracle_program.axes, axes), aligner(tested_program.axes, axes)
    bound = to_oracle(oracle.drift) + to_tested(error)
    return Compared(
        to_oracle(oracle.value).expand(shape),
        to_tested(found).expand(shape),
        (bound * (1 + 2.0**-50)).expand(shape),  # the sum, and the difference that is compared with it, are rounded
        overflows,
    )


def bounded_sides(claim: Claim, evaluation: Evaluation) -> tuple[Bounded, Bounded]:
    """Both sides in float64, over the same axes; `drift` bounds their errors."""
    axes = tuple(dict.fromkeys((*program_of(claim.lhs).axes, *program_of(claim.rhs).axes)))
    found = []
    for side in (claim.lhs, claim.rhs):
        align = aligner(program_of(side).axes, axes)
        value = evaluation.bounded(side)
        found.append(Bounded(align(value.value), align(value.drift), align(value.error)))
    return found[0], found[1]
