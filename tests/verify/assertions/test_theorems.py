"""Statements at a person's own tensors."""

import pytest
import torch

import verify

GENERATOR = torch.Generator().manual_seed(0)


def tensors(dtype: torch.dtype = torch.float64, features: tuple[int, ...] = (3,)) -> dict:
    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=GENERATOR, dtype=torch.float64).to(dtype)

    return {
        "y": drawn(8, *features),
        "g": drawn(8, *features),
        "gamma": drawn(*features),
        "beta": drawn(*features),
        "epsilon": 1e-5,
    }


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("features", [(), (3,)])
def test_a_statement_holds_of_any_tensors(dtype: torch.dtype, features: tuple[int, ...]) -> None:
    report = verify.assert_theorem("theorem-4.1", tensors(dtype, features))
    assert report.ok and report.rows[0].dtype == str(dtype).removeprefix("torch.")


def test_a_statement_without_a_layer() -> None:
    vectors = {"W0": torch.randn(5), "Wstar": torch.randn(5)}
    assert verify.check_statement("lemma-4.5", vectors).ok


def test_the_dtype_may_be_chosen() -> None:
    assert verify.check_statement("fact-c1", tensors(), dtype="float32").rows[0].dtype == "float32"


def test_a_constant_input_is_ill_posed() -> None:
    report = verify.check_statement("theorem-4.1", {**tensors(), "y": torch.ones(8, 3, dtype=torch.float64)})
    assert report.verdict != "wrong"
    bad = verify.check_statement("theorem-4.1", {**tensors(), "y": torch.full((8, 3), torch.nan, dtype=torch.float64)})
    assert bad.verdict == "ill-posed" and "not finite" in str(bad)


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("theorem-4.9", {}, "there is no statement 'theorem-4.9'"),
        ("theorem-4.1", {"y": None}, "theorem-4.1 takes y (m,), gamma (), beta (), epsilon (), g (m,)"),
        ("theorem-4.1", {"q": torch.ones(3)}, "theorem-4.1 has no q"),
        ("theorem-4.1", {"y": torch.ones(8, 3, 3, 3).double()}, "y has the shape (8, 3, 3, 3)"),
        ("theorem-4.1", {"gamma": torch.ones(4).double()}, "on its last axis, and another tensor has"),
        ("theorem-4.1", {"y": torch.ones(8, 3)}, "the tensors for theorem-4.1 are in float32, float64"),
        ("theorem-4.1", {"y": torch.ones(7, 3).double()}, "entries on an axis of m"),
    ],
)
def test_wrong_calls_say_what_is_needed(name: str, change: dict, message: str) -> None:
    given = {key: value for key, value in {**tensors(), **change}.items() if value is not None}
    with pytest.raises(verify.VerifyError) as raised:
        verify.check_statement(name, given)
    assert message in str(raised.value)
