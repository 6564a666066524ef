"""The words for positive semidefinite matrices and operator norms say what they mean."""

import pytest

from derive import (
    Eq,
    LanguageError,
    Matrix,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    indices,
    operator_norm_at_most,
    positive_semidefinite,
    squared_norm,
)

m, n = Size("m"), Size("n")
b, k, j = indices("b k j", m)
(i,) = indices("i", n)
X, H, R = Matrix("X", m, n), Matrix("H", m, m), Matrix("R", m, m)
u, lam = Vector("u", m), Scalar("lambda")
image = Sum(Sum(X[b, i] * u[b], b) ** 2, i)


def test_as_text():
    assert str(positive_semidefinite(H)) == "H[b, k] = Sum(R[b, j]*R[k, j], j) for every b, k"
    assert str(operator_norm_at_most(X, 2, "S")) == (
        "2**2*delta(b, k) - Sum(X[b, i]*X[k, i], i) = Sum(S[b, j]*S[k, j], j) for every b, k"
    )


def test_another_root():
    assert positive_semidefinite(H, R) == positive_semidefinite(H, "R")
    assert positive_semidefinite(H, Matrix("S", m, m)) != positive_semidefinite(H)


@pytest.mark.parametrize(
    "build",
    [
        lambda: positive_semidefinite(X),
        lambda: positive_semidefinite(u),
        lambda: positive_semidefinite(H, X),
        lambda: operator_norm_at_most(u, 1),
        lambda: operator_norm_at_most(X, 1, Matrix("S", n, n)),
        lambda: operator_norm_at_most(X, 1, u),
    ],
)
def test_what_is_no_matrix(build):
    with pytest.raises(LanguageError):
        build()


def test_an_operator_norm_as_an_equation():
    """|X'u|^2 = lambda^2 |u|^2 - |R'u|^2, for any vector u."""
    left = lam**2 * squared_norm(u, b) - Sum(Sum(R[b, j] * u[b], b) ** 2, j)
    assert decide(Eq(image, left).given(operator_norm_at_most(X, lam)))
    assert not decide(Eq(image, left))


def test_a_positive_semidefinite_matrix_is_symmetric():
    assert decide(Eq(H[b, k], H[k, b]).given(positive_semidefinite(H)))
    assert decide(Eq(H[b, k], H[k, b])).verdict == "refuted"


def test_a_quadratic_form_is_a_sum_of_squares():
    form = Sum(H[b, k] * u[b] * u[k], b, k)
    assert decide((form >= 0).given(positive_semidefinite(H)))
    assert decide(form >= 0).verdict == "refuted"
