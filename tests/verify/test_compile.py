"""Terms compiled to torch: their values, how little is stored, and the messages."""

from __future__ import annotations

import pytest
import torch

from derive.language import (
    Abs,
    Delta,
    Derivative,
    Entry,
    Matrix,
    Scalar,
    Size,
    Sum,
    Tensor,
    Vector,
    define,
    exp,
    indices,
    inner,
    log,
    mean,
    norm,
    sign,
    sqrt,
    squared_norm,
    tanh,
)
from tests.verify.statements.stated import batchnorm, jacobian, lengths
from verify import VerifyError, compile_term
from verify.compile import additions

m = Size("m")
b, k, j = indices("b k j", m)
y, g = Vector("y", m), Vector("g", m)
H = Matrix("H", m, m)
a = Scalar("a")

FEATURES, COUNT = 3, 5
GENERATOR = torch.Generator().manual_seed(1)
Y, G = (torch.randn(FEATURES, COUNT, generator=GENERATOR, dtype=torch.float64) for _ in range(2))
HH = torch.randn(FEATURES, COUNT, COUNT, generator=GENERATOR, dtype=torch.float64)
A = torch.tensor([0.5, -2.0, 3.0], dtype=torch.float64)
VALUES = {y: Y, g: G, H: HH, a.tensor: A}
EYE = torch.eye(COUNT, dtype=torch.float64).expand(FEATURES, COUNT, COUNT)

CASES = {
    "number": (a * 0 + 3, torch.full((FEATURES,), 3.0)),
    "size": (a * m, COUNT * A),
    "entry": (y[b], Y),
    "renamed": (y[b] - y[k], Y[:, :, None] - Y[:, None, :]),
    "add": (y[b] + g[b] - 1, Y + G - 1),
    "neg": (-y[b], -Y),
    "mul": (2 * a * y[b], 2 * A[:, None] * Y),
    "div": (y[b] / a, Y / A[:, None]),
    "square": (y[b] ** 2, Y * Y),
    "cube": (y[b] ** 3, Y**3),
    "inverse": (a**-2, 1 / A**2),
    "power zero": (y[b] ** 0 * a, A[:, None].expand(FEATURES, COUNT)[:, 0]),
    "sqrt": (sqrt(a**2), A.abs()),
    "abs": (Abs(y[b]), Y.abs()),
    "sign": (sign(y[b]), Y.sign()),
    "exp": (exp(y[b]), Y.exp()),
    "log": (log(Abs(y[b])), Y.abs().log()),
    "tanh": (tanh(y[b]), Y.tanh()),
    "delta": (Delta(b, k) * a, EYE * A[:, None, None]),
    "delta of one index": (Delta(b, b) * y[b], Y),
    "sum": (Sum(y[b], b), Y.sum(1)),
    "sum of what is constant": (Sum(a, b), COUNT * A),
    "sum of one": (Sum(Delta(b, k), b) * a, A),
    "sum over a delta": (Sum(Delta(b, k) * y[k] * g[b], k), Y * G),
    "sum of an outer product": (Sum(y[b] * g[k], b, k), Y.sum(1) * G.sum(1)),
    "sum of a quotient": (Sum(-y[b] / a, b), -Y.sum(1) / A),
    "mean": (mean(y[b], b), Y.mean(1)),
    "inner": (inner(y, g, b), (Y * G).sum(1)),
    "norm": (norm(y, b), Y.norm(dim=1)),
    "squared norm": (squared_norm(y, b), Y.square().sum(1)),
    "matrix": (Sum(H[b, k] * g[k], k), torch.einsum("cbk,ck->cb", HH, G)),
    "transposed": (Sum(H[k, b] * g[k], k), torch.einsum("ckb,ck->cb", HH, G)),
    "trace": (Sum(H[b, b], b), torch.einsum("cbb->c", HH)),
    "quadratic form": (Sum(g[b] * H[b, k] * g[k], k, b), torch.einsum("cb,cbk,ck->c", G, HH, G)),
}


@pytest.mark.parametrize("name", CASES)
def test_value(name: str) -> None:
    formula, expected = CASES[name]
    torch.testing.assert_close(compile_term(formula)(VALUES).squeeze(), expected.double().squeeze())


def test_definitions_with_other_indices() -> None:
    centred = define("c", y[b] - mean(y[b], b), b)
    found = compile_term(centred[b] * centred[k])
    c = Y - Y.mean(1, keepdim=True)
    torch.testing.assert_close(found(VALUES), c[:, :, None] * c[:, None, :])
    assert sum(step.op == "sum" for step in found.program.steps) == 1, "a definition is computed once"


def test_a_definition_that_does_not_use_its_index() -> None:
    ones = define("ones", 1, b)
    torch.testing.assert_close(compile_term(Sum(ones[k] * y[k], k))(VALUES), Y.sum(1))


def test_the_order_of_axes_is_that_of_the_program() -> None:
    found = compile_term(g[k] * y[b])
    assert [index.name for index in found.axes] == ["k", "b"]
    torch.testing.assert_close(found(VALUES), G[:, :, None] * Y[:, None, :])


@pytest.mark.parametrize("claim", lengths)
def test_no_matrix_is_stored_for_a_formula_without_one(claim) -> None:
    assert compile_term(claim.lhs).program.rank == 1
    assert compile_term(claim.rhs).program.rank == 1


def test_sums_of_products_stay_vectors() -> None:
    assert compile_term(Sum(y[b] * g[k], b, k)).program.rank == 1
    assert compile_term(Sum(Delta(b, k) * y[k] * g[b], k)).program.rank == 1
    assert compile_term(jacobian.rhs).program.rank == 2


def test_the_variance_is_centred() -> None:
    """E[y^2] - E[y]^2 would lose every digit here."""
    far = (torch.tensor([[0.0, 1.0, 2.0, 3.0]]) + 2.0**20).float()
    eps = batchnorm().epsilon.tensor
    found = compile_term(batchnorm().var)({batchnorm().y: far, eps: torch.zeros(1)})
    assert found.item() == 1.25


def test_sums_of_16_bit_numbers_accumulate_in_float32() -> None:
    ones = torch.ones(1, 3000, dtype=torch.bfloat16)
    assert compile_term(Sum(y[b], b))({y: ones}).item() == torch.tensor(3000.0).bfloat16().item()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 100, 392, 1000])
def test_long_sums_are_summed_in_blocks(count: int) -> None:
    values = torch.arange(2.0 * count).reshape(2, count)
    assert torch.equal(compile_term(Sum(y[b], b))({y: values}), values.sum(1))
    assert torch.equal(compile_term(Sum(y[b], b))({y: values.T.contiguous().T}), values.sum(1))
    assert additions(count) <= 3 * count**0.5
    assert additions(count) <= count - 1


def test_values_by_name_and_derivatives_as_leaves() -> None:
    layer = batchnorm()
    v = Derivative(layer.loss, layer.y[b])
    found = compile_term(Sum(v**2, b))
    torch.testing.assert_close(found({str(v): Y}), Y.square().sum(1))
    torch.testing.assert_close(compile_term(Sum(y[b] * a, b))({"y": Y, "a": A}), A * Y.sum(1))


def test_messages() -> None:
    with pytest.raises(VerifyError, match=r"^the formula needs g, and there is no value for it \(given: y\)$"):
        compile_term(y[b] + g[b])({y: Y})
    with pytest.raises(VerifyError, match=r"^g has 4 entries on an axis of m = 5; give it 5$"):
        compile_term(y[b] + g[b])({y: Y, g: G[:, :4]})
    with pytest.raises(VerifyError, match=r"^y has the shape \(5,\); give it the shape \(features, m\)$"):
        compile_term(y[b])({y: Y[0]})
    with pytest.raises(VerifyError, match=r"dtypes or devices \(torch.float32 on cpu, torch.float64 on cpu\)"):
        compile_term(y[b] + g[b])({y: Y, g: G.float()})
    with pytest.raises(VerifyError, match=r"^nothing that was given has an axis of size m, so its length is"):
        compile_term(a * m)({a.tensor: A})
    with pytest.raises(VerifyError, match=r"^two different tensors are called y; give one of them another name$"):
        compile_term(y[b] + Entry(Tensor("y")))


def test_the_diagonal_of_a_derivative() -> None:
    layer = batchnorm()
    found = compile_term(Derivative(layer.yhat[b], layer.y[b]))
    ((leaf,),) = (found.program.leaves,)
    assert str(leaf) == "D(yhat[b], y[b'])"
    torch.testing.assert_close(found({leaf: HH}), HH.diagonal(0, 1, 2))
