"""One network: which of its layers are normalized, what it is along the ray, rounding, and the lemma's premise."""

import copy
import math

import pytest
import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.initialization import measure, ray, rounding
from verify.experiments.initialization.normalization import Normalization, Transplanted
from verify.experiments.initialization.premise import premises
from verify.experiments.initialization.subject import Layer, layers_of, scaled
from verify.experiments.networks.perceptron import perceptron
from verify.experiments.progress import Progress
from verify.experiments.store import Checkpoint
from verify.workload import Workload, workload_of


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.3])
def test_normalization_at_another_epsilon(eps: float) -> None:
    norm, x = nn.BatchNorm1d(3).double(), drawn(7, 3)
    nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    variance = x.var(0, correction=0)
    expected = norm.weight * (x - x.mean(0)) / (variance + eps).sqrt() + norm.bias
    with Normalization(eps):
        assert torch.allclose(norm(x), expected, rtol=1e-12, atol=1e-14)
        assert torch.autograd.gradcheck(norm, x.requires_grad_())
    with Normalization(None):
        assert torch.equal(norm(x), x)
    if eps == 0:
        with pytest.raises(ValueError, match="eps must be positive"):
            nn.BatchNorm1d(3, eps=0.0)(x)


def test_a_transplanted_normalization_returns_its_input() -> None:
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3), nn.BatchNorm1d(3)).double()
    x = drawn(9, 5)
    with Normalization(None):
        plain = model(x)
    for place in (1, 4):
        with Transplanted(model[place]) as mode:
            assert torch.allclose(model(x), plain, rtol=1e-12, atol=1e-13)
        assert mode.input is not None and mode.input.shape == (9, model[place].num_features)


class Residual(nn.Module):
    """Layers in another order than they are called in, one of them without normalization, one unused."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.unused, self.free = nn.Linear(4, 3), nn.Conv2d(1, 4, 1), nn.Conv2d(4, 4, 1)
        self.norm_b, self.norm_a = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
        self.a, self.b = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, bias=False, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm_a(self.a(x)))
        x = torch.relu(self.free(x + self.norm_b(self.b(x))))
        return self.last(x.mean((2, 3)))


def work_of(model: nn.Module, *shape: int) -> Workload:
    goal = drawn(shape[0], 3, seed=3)
    return workload_of(model.double(), drawn(*shape), lambda out: (out - goal).square().mean())


@pytest.fixture
def residual() -> Workload:
    torch.manual_seed(0)
    return work_of(Residual(), 6, 1, 5, 5)


@pytest.fixture
def dense() -> Workload:
    torch.manual_seed(0)
    return work_of(perceptron(6, 3, (5, 4)), 12, 6)


def test_the_layers_are_found_by_what_is_computed(residual: Workload, dense: Workload) -> None:
    before = copy.deepcopy(residual.model.state_dict())
    assert set(layers_of(residual)) == {Layer("a", "norm_a"), Layer("b", "norm_b")}
    assert layers_of(dense) == (Layer("1", "2"), Layer("4", "5"))
    after = residual.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name, _ in residual.model.named_parameters())


def test_layers_with_dropout_after_them_and_with_a_constant_channel() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 3))
    model[0].weight.data[2] = 0
    assert layers_of(work_of(model, 12, 6)) == (Layer("0", "1"),)


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm, self.count = nn.Linear(6, 3), nn.BatchNorm1d(3), 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        return self.count + self.norm(self.linear(x))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Linear(6, 3)), "no linear layer or convolution that is followed by a batch normalization"),
        (nn.Sequential(nn.Linear(6, 3), nn.LayerNorm(3)), "no linear layer or convolution"),
        (nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 3)), "no linear layer"),
        (nn.Sequential(nn.Linear(6, 3), nn.BatchNorm1d(3).eval()), "no linear layer or convolution"),
        (Counting(), "returns something else at each call"),
        (nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3)), "can't be run on the batch"),
    ],
)
def test_models_that_have_none(model: nn.Module, message: str) -> None:
    with pytest.raises(VerifyError, match=message):
        layers_of(work_of(model, 12, 6))


def test_scaling_is_undone(dense: Workload) -> None:
    before = copy.deepcopy(dense.model.state_dict())
    with pytest.raises(ZeroDivisionError), scaled(dense.model, ["1", "4"], 0.1):
        assert torch.equal(dense.model[1].weight, before["1.weight"] * 0.1)
        assert torch.equal(dense.model[4].bias, before["4.bias"] * 0.1)
        raise ZeroDivisionError
    with scaled(dense.model, ["1"], 2.0, bias=False):
        assert torch.equal(dense.model[1].bias, before["1.bias"])
    assert all(torch.equal(value, before[name]) for name, value in dense.model.state_dict().items())


def test_powers_of_two_change_no_bit(dense: Workload, residual: Workload) -> None:
    for work in (dense, residual):
        layers = layers_of(work)
        for eps in (0.0, 1e-5):
            rows = [row for row in ray.along(work, layers, eps) if "equal" in row]
            assert len(rows) == 21 and all(row["equal"] for row in rows)
            assert all(row["equal"] for row in ray.gradients(work, layers, eps))
            assert all(row["equal"] for row in ray.turned(work, layers, eps))
        assert all(row["equal"] for row in ray.alone(work, layers))


def test_gradients_fall_as_one_over_k(dense: Workload) -> None:
    """Against central differences of the loss, which know nothing of autograd."""
    found = ray.gradients(dense, layers_of(dense), 0.0)
    weight, step = dense.model[1].weight, 1e-6
    for k in (0.5, 2.0):
        squares = 0.0
        with scaled(dense.model, ["1", "4"], k), torch.no_grad(), Normalization(0.0):
            for place in range(weight.numel()):
                values = []
                for sign in (1, -1):
                    weight.view(-1)[place] += sign * step
                    values.append(float(dense.loss(dense.forward())))
                    weight.view(-1)[place] -= sign * step
                squares += ((values[0] - values[1]) / (2 * step)) ** 2
        row = next(row for row in found if row["layer"] == "1" and row["k"] == k)
        assert row["there"] == pytest.approx(math.sqrt(squares), rel=1e-5)
        assert row["there"] == pytest.approx(row["norm"] / k, rel=1e-12)


class Forgetful(nn.Module):
    """A batch normalization with a fault that depends on the length of its input."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.linear, self.norm, self.fault = nn.Linear(6, 3), nn.BatchNorm1d(3), fault

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        if self.fault == "bias":
            y = y + torch.linspace(0, 1, 12, dtype=y.dtype)[:, None]
        z = self.norm(y)
        return z + 1e-13 * y if self.fault == "leak" else z


@pytest.mark.parametrize("fault", ["bias", "leak"])
def test_a_network_that_sees_the_length_is_not_invariant(fault: str) -> None:
    torch.manual_seed(0)
    work = work_of(Forgetful(fault), 12, 6)
    layers = (Layer("linear", "norm"),)
    for eps in (0.0, 1e-5):
        assert not all(row.get("equal", True) for row in ray.along(work, layers, eps))
        assert not all(row["equal"] for row in ray.gradients(work, layers, eps))
    assert not all(row["equal"] for row in ray.alone(work, layers))


def test_the_rounding_bound_holds_and_sees_an_epsilon(dense: Workload, residual: Workload) -> None:
    for work in (dense, residual):
        factors = {layer: [0.01, 0.3, 3.0, 100.0] for layer in layers_of(work)}
        for single in (False, True):
            image = work.args[0].float() if single else work.args[0]
            model = copy.deepcopy(work.model).float() if single else work.model
            there = Workload(model, (image,), loss=work.loss)
            for eps in (0.0, 1e-5):
                rows = rounding.compared(there, factors, eps)
                assert len(rows) == 8 and all(0 < row["ratio"] < 0.5 for row in rows)


FAULTS = {
    "an epsilon that is left": lambda eps: eps + 1e-6,
    "epsilon twice": lambda eps: 2 * eps + 1e-7,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_epsilon_is_beyond_the_rounding_bound(fault: str, dense: Workload, monkeypatch) -> None:
    factors = {layer: [0.01, 100.0] for layer in layers_of(dense)}
    assert max(row["ratio"] for row in rounding.compared(dense, factors, 0.0)) < 1
    real = Normalization.__init__
    monkeypatch.setattr(Normalization, "__init__", lambda self, eps: real(self, FAULTS[fault](eps)))
    assert max(row["ratio"] for row in rounding.compared(dense, factors, 0.0)) > 1


def test_a_constant_channel_has_no_bound_and_the_others_have(dense: Workload) -> None:
    dense.model[1].weight.data[2] = 0
    rows = rounding.compared(dense, {Layer("1", "2"): [3.0]}, 0.0)
    assert rows[0]["unbounded"] == 1 and 0 < rows[0]["ratio"] < 0.5


def test_a_difference_that_is_no_number_is_beyond_the_bound() -> None:
    limit = torch.ones(2, 3)
    difference = torch.zeros(2, 3)
    difference[1, 2] = math.nan
    assert rounding._ratio(difference, limit)["ratio"] > 1
    assert rounding._ratio(difference, torch.full((2, 3), math.inf))["ratio"] is None


def test_the_gradient_with_normalization_is_what_fact_c1_says(dense: Workload) -> None:
    """With gamma = sigma and beta = mu, against a network that is written out, differentiated by autograd."""
    model, x = dense.model, dense.args[0]
    (found, _) = premises(dense, layers_of(dense))
    y = model[1](x)
    weight = model[1].weight
    mu, sigma = y.mean(0).detach(), y.std(0, correction=0).detach()
    normalized = sigma * (y - y.mean(0)) / y.std(0, correction=0) + mu
    rest = model[7](torch.relu(model[4](torch.relu(normalized))) if len(model) == 8 else normalized)
    (gradient,) = torch.autograd.grad(dense.loss(rest), weight)
    assert found["gradient_with"] == pytest.approx(float(gradient.norm()), rel=1e-10)
    assert found["loss"] == pytest.approx(found["with"], rel=1e-12)
    assert found["gradient_with"] <= found["limit"] and found["gradient"] < found["limit"]


def test_at_a_stationary_point_nothing_is_taken() -> None:
    """Least squares, solved: the gradients vanish with and without normalization."""
    torch.manual_seed(0)
    x, goal = drawn(20, 4), drawn(20, 3, seed=1)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).double()
    solution = torch.linalg.lstsq(torch.cat([x, torch.ones(20, 1, dtype=x.dtype)], 1), goal).solution
    model[0].weight.data, model[0].bias.data = solution[:-1].T.contiguous(), solution[-1]
    work = workload_of(model, x, lambda out: (out - goal).square().mean())
    (found,) = premises(work, [Layer("0", "1")])
    assert found["gradient"] < 1e-14 and found["gradient_with"] < 1e-14 and found["limit"] < 1e-13
    model[0].bias.data += 1
    (found,) = premises(work, [Layer("0", "1")])
    assert found["limit"] > found["gradient"] > 0.1


def test_weights_that_become_zero_are_measured(dense: Workload, monkeypatch: pytest.MonkeyPatch) -> None:
    def collapse(work: Workload, *others: object) -> list:
        work.model[4].weight.data.zero_()
        return [[0, 2.0, 1.0], [1, 1.0, 0.5]]

    monkeypatch.setattr(measure, "trained", collapse)
    numbers = measure.network(dense, 1e-5, 0, 1, 0.01, Checkpoint(None), Progress(quiet=True))
    assert [sorted(layer["starts"]) for layer in numbers["layers"]] == [["drawn", "its own", "opposite"], []]
    assert "4" not in numbers["nearest"]["factors"] and numbers["nested"]["ordered"]
