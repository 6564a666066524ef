"""Drawn tensors expose faults; a person's own are read safely."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy
import pytest
import torch

from tests.verify.statements.stated import layer
from verify import VerifyError, draw
from verify.statements.inputs import (
    DTYPES,
    EPSILON,
    fault_of_shape,
    fault_of_values,
    read_activations,
    rounded_eps,
    rows,
    samples,
)

SHAPES = [(64, 32), (2, 5), (3, 4), (16, 8, 20), (8, 6, 7, 7)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_drawn_tensors_expose_faults(shape: tuple[int, ...], dtype: str) -> None:
    batch = draw(shape, dtype, eps=EPSILON[dtype])
    assert batch.x.shape == batch.upstream.shape == shape
    assert not fault_of_values(batch.x)
    y, g, weight = rows(batch.x).double(), rows(batch.upstream).double(), batch.weight.double()
    std = y.std(1, correction=0)
    yhat = (y - y.mean(1, keepdim=True)) / std[:, None]
    assert (weight[:-1] != weight[1:]).all() and (weight != 1).all()
    assert (weight > 0).any() and (weight < 0).any()
    assert (y.mean(1).abs() / std).max() > (80 if dtype in ("float64", "float32") else 1.5)
    assert (std**2 / batch.eps).min() < 5, "epsilon matters somewhere"
    length = g.norm(dim=1)
    assert (g.sum(1).abs() / length / samples(shape) ** 0.5).max() > 0.3
    assert ((g * yhat).sum(1).abs() / length / samples(shape) ** 0.5).max() > 0.3


def test_a_seed_says_everything() -> None:
    assert torch.equal(draw((4, 3), "float32", seed=5).x, draw((4, 3), "float32", seed=5).x)
    assert not torch.equal(draw((4, 3), "float32", seed=5).x, draw((4, 3), "float32", seed=6).x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_value_has_the_dtype(dtype: str) -> None:
    batch = draw((4, 3), dtype)
    assert {value.dtype for value in batch.values(layer).values()} == {DTYPES[dtype]}
    assert batch.values(layer)[layer.epsilon.tensor].double().item() == batch.eps


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5,), "the shape (5) is none of (N, C), (N, C, L) and (N, C, H, W)"),
        ((1, 2, 3, 4, 5), "the shape (1, 2, 3, 4, 5) is none of"),
        ((4, 0), "the shape (4, 0) has an axis without entries; make every size at least 1"),
        ((-1, 3), "the shape (-1, 3) has an axis without entries"),
        ((1, 8), "the shape (1, 8) gives every feature m = 1 sample, whose variance is 0; give it at least 2"),
        ((1, 8, 1), "gives every feature m = 1 sample"),
        ((2**20, 2**10), "stay below 67108864"),
        ((1, 8, 2), ""),
    ],
)
def test_shapes(shape: tuple[int, ...], message: str) -> None:
    assert message in fault_of_shape(shape)
    assert bool(message) == bool(fault_of_shape(shape))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (((1, 2), float("nan")), "there is NaN at [1, 2] (1 of 12 entries are not finite)"),
        (((0, 1), float("-inf")), "there is an infinity at [0, 1] (1 of 12 entries are not finite)"),
        (((slice(None), 2), 7.0), "feature 2 is constant, so its variance is 0"),
        (((slice(None), slice(1, 3)), 7.0), "2 features are constant, so their variance is 0 (1, 2)"),
    ],
)
def test_values(change: tuple, message: str) -> None:
    x = torch.arange(12.0).reshape(4, 3)
    assert fault_of_values(x) == ""
    x[change[0]] = change[1]
    assert fault_of_values(x) == message


def test_epsilon() -> None:
    assert rounded_eps(1e-5, "float64") == 1e-5
    for bad in (0.0, -1e-5, float("nan"), float("inf")):
        with pytest.raises(VerifyError, match=r"give --eps a positive number such as 1e-5$"):
            rounded_eps(bad, "float32")
    with pytest.raises(VerifyError, match=r"^epsilon = 1e-09 rounds to 0 in float16; choose another --eps or --dtype$"):
        rounded_eps(1e-9, "float16")


def test_reading(tmp_path: Path) -> None:
    x = torch.randn(6, 3)
    torch.save(x, tmp_path / "x.pt")
    numpy.save(tmp_path / "x.npy", x.numpy())
    for name in ("x.pt", "x.npy"):
        assert torch.equal(read_activations(str(tmp_path / name)), x.double())


class Trap:
    """What a hostile pickle does when it is loaded."""

    def __reduce__(self) -> tuple:
        return (Path.touch, (Path(self.path),))

    path = ""


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    Trap.path = str(tmp_path / "sprung")
    torch.save(Trap(), tmp_path / "trap.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Trap()))
    numpy.save(tmp_path / "trap.npy", numpy.array([Trap()], dtype=object), allow_pickle=True)
    for name in ("trap.pt", "plain.pt", "trap.npy"):
        with pytest.raises(VerifyError, match="can't be read as a"):
            read_activations(str(tmp_path / name))
    assert not Path(Trap.path).exists()
