"""Both sides of a claim on one batch: the values, and how far from the exact ones they can be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch

from derive.language import Claim, Derivative, Index, Tensor, Term
from derive.layers import Layer
from verify.adjoint import chain_rule
from verify.bounds import Bounded, Running, analyse, exact
from verify.compile import Torch, compile_term
from verify.errors import VerifyError
from verify.inputs import Batch
from verify.program import Program, aligner, execute, leaf_axes, sizes_of


@dataclass(frozen=True)
class Compared:
    """The two sides as arrays of one shape (features, free indices): float64 values, and a bound on either's error.

    `oracle` is the side evaluated by autograd in float64, `tested` the one compiled and run in the batch's dtype;
    `bound` covers the distance of each from the exact value.
    """

    oracle: torch.Tensor
    tested: torch.Tensor
    bound: torch.Tensor
    overflows: bool


@lru_cache(maxsize=256)
def program_of(term: Term) -> Program:
    return compile_term(term).program


@lru_cache(maxsize=256)
def chain_of(derivative: Derivative) -> Program:
    return chain_rule(derivative)


def derivatives_in(program: Program) -> list[Derivative]:
    """The leaves of a program that autograd evaluates."""
    return [leaf for leaf in program.leaves if isinstance(leaf, Derivative)]


def sides(claim: Claim) -> tuple[Term, Term]:
    """The side for the oracle, which is the one with derivatives, and the side to be tested."""
    swap = derivatives_in(program_of(claim.rhs)) and not derivatives_in(program_of(claim.lhs))
    return (claim.rhs, claim.lhs) if swap else (claim.lhs, claim.rhs)


def programs_of(claim: Claim) -> list[Program]:
    """Every program that a check of the claim runs."""
    own = [program_of(claim.lhs), program_of(claim.rhs)]
    return own + [chain_of(leaf) for program in own for leaf in derivatives_in(program)]


def compare(claim: Claim, layer: Layer, batch: Batch) -> Compared:
    """Evaluates a claim: one side by autograd in float64, the other as compiled, in the dtype of the batch."""
    oracle_term, tested_term = sides(claim)
    leaves = _leaves(program_of(oracle_term), layer, batch) | _leaves(program_of(tested_term), layer, batch)
    sizes = _sizes(layer, batch)
    device, dtype = batch.x.device, batch.x.dtype

    oracle = analyse(program_of(oracle_term), Running(torch.float64, device), leaves, sizes)
    running = Running(dtype, device)
    expected = analyse(program_of(tested_term), running, leaves, sizes)
    rounded = {leaf: bounded.value.to(dtype) for leaf, bounded in leaves.items()}
    found = execute(program_of(tested_term), Torch(dtype, device), rounded, sizes).double()

    axes = _axes(oracle_term, tested_term)
    shape = (batch.x.shape[1], *(sizes[index.size] for index in axes))
    to_oracle, to_tested = aligner(program_of(oracle_term).axes, axes), aligner(program_of(tested_term).axes, axes)
    bound = to_oracle(oracle.drift) + to_tested(expected.error)
    return Compared(
        to_oracle(oracle.value).expand(shape),
        to_tested(found).expand(shape),
        (bound * (1 + 2.0**-50)).expand(shape),  # the sum, and the difference that is compared with it, are rounded
        running.overflows,
    )


def bounded_sides(claim: Claim, layer: Layer, batch: Batch) -> tuple[Bounded, Bounded]:
    """Both sides in float64 for the numbers of the batch, over the same axes; `drift` bounds their errors."""
    axes = _axes(claim.lhs, claim.rhs)
    sizes = _sizes(layer, batch)
    results = []
    for side in (claim.lhs, claim.rhs):
        program = program_of(side)
        arithmetic = Running(torch.float64, batch.x.device)
        result = analyse(program, arithmetic, _leaves(program, layer, batch), sizes)
        results.append(arithmetic.reshape(result, aligner(program.axes, axes)))
    return results[0], results[1]


def _axes(left: Term, right: Term) -> tuple[Index, ...]:
    return tuple(dict.fromkeys((*program_of(left).axes, *program_of(right).axes)))


def _sizes(layer: Layer, batch: Batch) -> dict[Term, int]:
    return sizes_of({tensor: tuple(value.shape) for tensor, value in batch.values(layer).items()})


def _leaves(program: Program, layer: Layer, batch: Batch) -> dict[Tensor | Derivative, Bounded]:
    values = batch.values(layer)
    leaves: dict[Tensor | Derivative, Bounded] = {}
    for leaf in program.leaves:
        if isinstance(leaf, Derivative):
            leaves[leaf] = _differentiated(leaf, layer, batch)
        elif leaf in values:
            leaves[leaf] = exact(values[leaf])
        else:
            known = ", ".join(tensor.name for tensor in values)
            raise VerifyError(f"the statement is about {leaf}, for which verify has no values; it has {known}")
    return leaves


def _differentiated(leaf: Derivative, layer: Layer, batch: Batch) -> Bounded:
    """A derivative by autograd; its errors are bounded along the chain rule."""
    from verify.reference import evaluate

    value = evaluate(leaf, layer, batch)
    program = chain_of(leaf)
    chained = analyse(
        program, Running(torch.float64, value.device), _leaves(program, layer, batch), _sizes(layer, batch)
    )
    drift = aligner(program.axes, leaf_axes(leaf))(chained.drift).expand(value.shape)
    return Bounded(value, drift, drift + (value.to(batch.x.dtype).double() - value).abs())
