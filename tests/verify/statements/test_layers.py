"""Every layer: its program is what torch computes, its derivatives hold, and what is wrong with them shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from derive.language import Claim, Delta, Derivative, Eq, Sum, Term, sqrt
from derive.layers import (
    LAYERS,
    Layer,
    cross_entropy,
    groupnorm,
    layernorm,
    linear_batchnorm,
    rmsnorm,
    softmax,
    weightnorm,
)
from tests.verify.statements.mutants import mutants
from tests.verify.statements.stated import Said, Statement
from verify import Check, Plan, run
from verify.statements.derived import derived
from verify.statements.references import REFERENCES
from verify.statements.shapes import axes_of

EXACT = ("float64", "float32")


def checks_of(layer: Layer, claim: Claim, plan: Plan) -> list[Check]:
    return list(run([Statement("said", "", layer, (Said(claim),))], plan))


def claim_of(layer: Layer, what: str) -> Claim:
    (found,) = (each for each in derived(layer) if each.id == f"{layer.name}: {what}")
    return found.theorems[0].claim


def test_every_layer_has_a_reference() -> None:
    assert set(REFERENCES) == set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_the_output_is_that_of_torch(name: str) -> None:
    layer = LAYERS[name]()
    claim = claim_of(layer, "output")
    found = checks_of(layer, claim, Plan(seed=3))
    assert {each.dtype for each in found} == {"float64", "float32", "bfloat16", "float16"}
    assert all(each.ok for each in found)
    assert all(REFERENCES[name].operation in each.origin for each in found)
    wrong = Claim(claim.lhs, "=", claim.rhs * 2)
    assert all(each.outcome == "fails" for each in checks_of(layer, wrong, Plan(dtypes=EXACT)))


SMALL = {1: (5,), 2: (3, 4), 3: (2, 3, 2), 4: (2, 2, 2, 2)}


def small(layer: Layer) -> Plan:
    """One shape with few entries."""
    sizes = axes_of(layer, claim_of(layer, "output"))
    return Plan(dtypes=("float32",), shapes=((4, 3) if layer.name == "batchnorm" else SMALL[len(sizes)],), seed=2)


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in ("batchnorm3d", "batchnorm-running")])
def test_derivatives_hold(name: str) -> None:
    layer = LAYERS[name]()
    found = list(run(derived(layer), small(layer)))
    assert {each.statement.partition(": ")[2].split()[0] for each in found} - {"double"} == {
        "output",
        "gradient",
        "JVP",
        "Jacobian",
        "HVP",
        "Hessian",
    }
    for each in found:
        assert each.ok, f"{each.statement} {each.shape}: {each.outcome} {each.reason}"


MUTATED = [
    (layernorm, "gradient of input"),
    (layernorm, "JVP along input"),
    (rmsnorm, "Jacobian by input"),
    (rmsnorm, "Hessian by input"),
    (groupnorm, "gradient of input"),
    (softmax, "Hessian by input"),
    (cross_entropy, "gradient of input"),
    (weightnorm, "HVP along input"),
    (rmsnorm, "double backward by x along x"),
    (linear_batchnorm, "gradient of W"),
    (LAYERS["l1-batchnorm"], "JVP along input"),
    (LAYERS["clip-norm"], "gradient of input"),
    (LAYERS["clip-value"], "Jacobian by input"),
]


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("program", "what"), MUTATED, ids=lambda value: getattr(value, "__name__", value))
def test_one_thing_wrong_shows(program, what: str, dtype: str) -> None:
    layer = program()
    changed = list(mutants(claim_of(layer, what)))
    assert len(changed) >= 2
    for claim in changed:
        found = checks_of(layer, claim, replace(small(layer), dtypes=(dtype,)))
        assert [each.outcome for each in found] == ["fails"], str(claim)


ln = layernorm()
n, d = ln.x.sizes
(row,) = ln.indices("n")
i, j, k = ln.indices("i j k", of=ln.gamma)
g, xhat, s, gamma = ln.gradient, ln.xhat, ln.s, ln.gamma
LN = Derivative(ln.loss, ln.x[row, i])


def projected(weighted: Term, along: Term, deviation: Term) -> Term:
    """The gradient of layer normalization for an upstream gradient `weighted` and its sum along xhat."""
    mean = Sum(gamma[j] * g[row, j], j) / d
    return (weighted - mean - xhat[row, i] * along / d) / deviation


right = projected(gamma[i] * g[row, i], Sum(gamma[j] * g[row, j] * xhat[row, j], j), s[row])

FAULTS = {
    "layernorm: gamma outside the sum": Eq(
        LN, gamma[i] * projected(g[row, i], Sum(g[row, j] * xhat[row, j], j), s[row])
    ),
    "layernorm: epsilon dropped": Eq(
        LN, projected(gamma[i] * g[row, i], Sum(gamma[j] * g[row, j] * xhat[row, j], j), sqrt(ln.var[row]))
    ),
    "layernorm: divided by the variance": Eq(
        LN, projected(gamma[i] * g[row, i], Sum(gamma[j] * g[row, j] * xhat[row, j], j), s[row] ** 2)
    ),
    "layernorm: without gamma in one sum": Eq(
        LN, projected(gamma[i] * g[row, i], Sum(g[row, j] * xhat[row, j], j), s[row])
    ),
    "layernorm: the mean of the batch": Eq(
        LN, right + Sum(gamma[j] * g[row, j], j) / (d * s[row]) - Sum(gamma[i] * g[row, i], row) / (n * s[row])
    ),
    "layernorm: indices swapped": Eq(
        Derivative(ln.z[row, i], ln.x[row, k]),
        gamma[k] / s[row] * (Delta(i, k) - 1 / d - xhat[row, i] * xhat[row, k] / d),
    ),
}


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught(fault: str, dtype: str) -> None:
    found = checks_of(ln, FAULTS[fault], Plan(dtypes=(dtype,)))
    assert any(each.outcome == "fails" for each in found)


def test_and_the_right_ones_hold() -> None:
    jacobian = gamma[i] / s[row] * (Delta(i, k) - 1 / d - xhat[row, i] * xhat[row, k] / d)
    for claim in (Eq(LN, right), Eq(Derivative(ln.z[row, i], ln.x[row, k]), jacobian)):
        assert all(each.ok for each in checks_of(ln, claim, Plan()))


@pytest.mark.gpu
@pytest.mark.parametrize("name", LAYERS)
def test_derivatives_hold_on_a_gpu(name: str) -> None:
    for each in run(derived(LAYERS[name]()), Plan(device="cuda")):
        assert each.ok, f"{each.statement} {each.dtype} {each.shape}: {each.reason}"
