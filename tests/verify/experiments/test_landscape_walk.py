"""Along a direction: against quadratic losses, whose numbers are known; and nothing is changed by measuring."""

import math

import pytest
import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.landscape.hessian import largest_eigenvalue
from verify.experiments.landscape.objective import Objective
from verify.experiments.landscape.shift import layers_of, shifts
from verify.experiments.landscape.theorem import measure
from verify.experiments.landscape.walk import Walk, random_direction, step_sizes, walk
from verify.experiments.networks.vgg import VGG
from verify.workload import Workload


class Quadratic(nn.Module):
    """w'Aw / 2."""

    def __init__(self, matrix: torch.Tensor, start: torch.Tensor) -> None:
        super().__init__()
        self.matrix, self.w = matrix, nn.Parameter(start)

    def forward(self) -> torch.Tensor:
        return self.w @ self.matrix @ self.w / 2


def quadratic(*diagonal: float) -> tuple[Objective, torch.Tensor, torch.Tensor]:
    """A with these eigenvalues, turned at random."""
    generator = torch.Generator().manual_seed(1)
    size = len(diagonal)
    turn = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64)).Q
    matrix = turn @ torch.diag(torch.tensor(diagonal, dtype=torch.float64)) @ turn.T
    start = torch.randn(size, generator=generator, dtype=torch.float64)
    return Objective(Workload(Quadratic(matrix, start), (), {}, lambda output: output)), matrix, start


def test_a_quadratic_loss() -> None:
    objective, matrix, start = quadratic(3.0, 1.0, 0.2)
    loss, gradient = objective.here()
    etas = (0.05, 0.2, 0.7)
    found = walk(objective, gradient, gradient, etas)
    g = matrix @ start
    assert loss == pytest.approx(float(start @ g / 2), rel=1e-12)
    expected = [float((start - eta * g) @ matrix @ (start - eta * g) / 2) for eta in etas]
    assert found.losses == pytest.approx(expected, rel=1e-12)
    assert found.distances == pytest.approx([eta * float((matrix @ g).norm()) for eta in etas], rel=1e-12)
    assert found.beta == pytest.approx(float((matrix @ g).norm() / g.norm()), rel=1e-12)
    assert found.range == (min(found.losses), max(found.losses))
    assert found.predictiveness == (found.distances[0], found.distances[2])


def test_a_random_direction_is_as_long_as_the_gradient() -> None:
    objective, matrix, _ = quadratic(3.0, 1.0, 0.2)
    _, gradient = objective.here()
    direction = random_direction(gradient, 5)
    assert float(direction["w"].norm()) == pytest.approx(float(gradient["w"].norm()), rel=1e-12)
    d = direction["w"]
    found = walk(objective, gradient, direction, (0.1, 0.4))
    assert found.beta == pytest.approx(float((matrix @ d).norm() / d.norm()), rel=1e-12)
    assert not torch.equal(random_direction(gradient, 6)["w"], d)


def test_step_sizes_go_from_a_half_to_four_times() -> None:
    assert step_sizes(0.1, 4) == pytest.approx((0.05, 0.1, 0.2, 0.4))
    assert step_sizes(0.1, 1) == (0.1,)


@pytest.mark.parametrize("losses", [(1.0, math.nan, 2.0), (math.nan, 1.0, 2.0), (1.0, 2.0, math.nan)])
def test_a_loss_that_is_no_number_is_not_passed_over(losses: tuple) -> None:
    low, high = Walk((1, 2, 3), losses, losses, 1.0).range
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize("diagonal", [(3.0, 1.0, 0.2), (-5.0, 2.0, 1.0), (-5.0, -2.0, -1.0), (4.0, -1.0, 0.0)])
def test_the_largest_eigenvalue(diagonal: tuple) -> None:
    objective, matrix, _ = quadratic(*diagonal)
    found = largest_eigenvalue(objective)
    exact = float(torch.linalg.eigvalsh(matrix)[-1])
    assert abs(found.value - exact) <= found.residual + 1e-9
    assert found.residual <= 1e-3 * max(map(abs, diagonal))


def test_the_eigenvalue_of_one_linear_layer_is_that_of_its_data() -> None:
    x = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    model = nn.Linear(5, 3, bias=False)
    loss = lambda output: output.square().sum(1).mean() / 2  # noqa: E731
    found = largest_eigenvalue(Objective(Workload(model, (x,), {}, loss)))
    exact = float(torch.linalg.eigvalsh(x.T.double() @ x.double() / 20)[-1])
    assert abs(found.value - exact) <= found.residual + 1e-5


def test_a_loss_without_curvature() -> None:
    objective = Objective(Workload(nn.Linear(3, 1), (torch.ones(2, 3),), {}, torch.sum))
    assert largest_eigenvalue(objective).value == 0


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = VGG("noisy-batchnorm", depth=2, width=4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(self.drop(x))


def test_measuring_changes_nothing() -> None:
    torch.manual_seed(7)
    model, x = Noisy(), torch.randn(8, 1, 8, 8)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    objective = Objective(Workload(model, (x,), {}, lambda output: output.square().mean()), seed=2)
    loss, gradient = objective.here()
    walk(objective, gradient, gradient, (0.1, 0.2))
    shifts(objective, layers_of(objective), gradient, 0.1)
    assert measure(objective, channels=2)
    largest_eigenvalue(objective, limit=2)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert model.training
    assert objective.here()[0] == loss  # the same noise each time


def test_a_step_moves_parameters_and_running_statistics() -> None:
    model, x = VGG("batchnorm", depth=2, width=4), torch.randn(8, 1, 8, 8)
    objective = Objective(Workload(model, (x,), {}, lambda output: output.square().mean()))
    loss, gradient = objective.here()
    expected = {name: value - 0.1 * gradient[name] for name, value in objective.parameters.items()}
    assert objective.step(0.1) == loss
    assert all(torch.equal(expected[name], value) for name, value in model.named_parameters())
    assert model.features[1].num_batches_tracked == 1


def test_another_seed_is_other_noise() -> None:
    model, x = Noisy(), torch.randn(8, 1, 8, 8)
    workload = Workload(model, (x,), {}, lambda output: output.square().mean())
    assert Objective(workload, 1).here()[0] != Objective(workload, 2).here()[0]


def test_models_that_can_not_be_trained() -> None:
    with pytest.raises(VerifyError, match="no parameter to train"):
        Objective(Workload(nn.ReLU(), (torch.ones(2),)))
    wrong = Objective(Workload(nn.Linear(3, 1), (torch.ones(2, 4),), name="net"))
    with pytest.raises(VerifyError, match="net can't be run on the batch"):
        wrong.here()
