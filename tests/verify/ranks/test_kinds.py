"""Every row of the tables of faults, against statistics computed in a plain way from the shards."""

import pytest
import torch

from verify.bounds.model import Model
from verify.ranks.layers import kinds
from verify.ranks.layers.draw import Parameters, Recipe, draw
from verify.ranks.layers.due import AVERAGE, SUM, Due
from verify.ranks.layers.kinds import BACKWARDS, CORRECT, FORWARDS, RIGHT, Forward
from verify.ranks.layers.predict import Predicted
from verify.ranks.layers.shard_run import BIAS, INPUT, MEAN, OUTPUT, VARIANCE, WEIGHT
from verify.ranks.shards import Shards

SHARDS = Shards((5, 2, 1))
EPS = 1e-5


@pytest.fixture(scope="module")
def due() -> Due:
    recipe = Recipe("means of the shards far apart", SHARDS, apart=3.0)
    drawn = draw(recipe, (3, 2, 2), torch.float64, Parameters(True, True, None, 0), EPS)
    return Due(drawn, Model(torch.float64), 0.1)


def layer(x: torch.Tensor, due: Due) -> tuple[torch.Tensor, torch.nn.BatchNorm2d]:
    norm = torch.nn.BatchNorm2d(3, EPS, 0.1, dtype=torch.float64)
    case = due.drawn.case
    for name, value in (("weight", case.weight), ("bias", case.bias)):
        getattr(norm, name).data = value.clone()
    norm.running_mean, norm.running_var = (each.clone() for each in due.drawn.old)
    return norm(x), norm


def close(found: torch.Tensor, expected) -> bool:
    return bool(((found - expected.value).abs() <= expected.bound).all())


def test_what_is_due_is_what_torch_gives_for_the_whole_batch(due: Due):
    case = due.drawn.case
    x = case.x.clone().requires_grad_()
    output, norm = layer(x, due)
    output.backward(case.grad_output)
    for rank in range(3):
        part = SHARDS.part(rank)
        assert close(output[part].detach(), due.of(OUTPUT, rank))
        assert close(x.grad[part], due.of(INPUT, rank))
    for name, parameter in ((WEIGHT, norm.weight), (BIAS, norm.bias)):
        assert close(parameter.grad, due.of(name, 0, SUM))
        assert close(parameter.grad / 3, due.of(name, 1, AVERAGE))
        own = sum(due.of(name, rank).value for rank in range(3))
        assert torch.allclose(own, parameter.grad, rtol=1e-12)
    assert close(norm.running_mean, due.of(MEAN, 0)) and close(norm.running_var, due.of(VARIANCE, 0))


def test_the_right_prediction_is_what_is_due(due: Due):
    right = Predicted(due)
    for rank in range(3):
        assert close(right.output(rank).value, due.of(OUTPUT, rank))
        gradient = right.input_gradient(rank, CORRECT.weights, CORRECT.weights)
        assert close(gradient.value, due.of(INPUT, rank))
        assert close(right.parameter(WEIGHT, rank, kinds.own).value, due.of(WEIGHT, rank))
        assert close(right.running(VARIANCE, rank, 32 / 31).value, due.of(VARIANCE, rank))


def test_bounds_are_tight(due: Due):
    for name in (OUTPUT, INPUT, WEIGHT, MEAN, VARIANCE):
        expected = due.of(name, 0)
        assert float(expected.bound.max()) < 1e-12 * float(expected.value.abs().max())


@pytest.mark.parametrize("forward", FORWARDS, ids=range(len(FORWARDS)))
def test_every_forward_fault_shows(due: Due, forward: Forward):
    """On unequal shards whose means differ, no fault gives what is right on every rank."""
    wrong = Predicted(due, forward, frozenset(range(3)))
    assert any(not close(wrong.output(rank).value, due.of(OUTPUT, rank)) for rank in range(3))


@pytest.mark.parametrize("backward", BACKWARDS, ids=range(len(BACKWARDS)))
@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_every_backward_fault_shows(due: Due, backward, which):
    chosen = [backward if place in which else CORRECT for place in (0, 1)]
    found = [Predicted(due).input_gradient(rank, *(each.weights for each in chosen)) for rank in range(3)]
    assert any(not close(each.value, due.of(INPUT, rank)) for rank, each in enumerate(found))


def test_local_statistics_are_those_of_a_layer_on_the_shard(due: Due):
    wrong = Predicted(due, FORWARDS[0], frozenset({0, 1, 2}))
    for rank in (0, 1):
        part = SHARDS.part(rank)
        x = due.drawn.case.x[part].clone().requires_grad_()
        output, norm = layer(x, due)
        output.backward(due.drawn.case.grad_output[part])
        assert close(output.detach(), wrong.output(rank))
        own = BACKWARDS[0].weights
        assert close(x.grad, wrong.input_gradient(rank, own, own)) and close(x.grad, wrong.derivative(rank))
        n = SHARDS.sizes[rank] * 4
        assert close(norm.running_var, wrong.running(VARIANCE, rank, n / (n - 1)))


def test_equal_shards_hide_unweighted_means():
    equal = Shards((4, 4))
    assert kinds.alike(equal, 0) == kinds.whole(equal, 0) == kinds.assumed(equal, 0)
    assert kinds.whole(SHARDS, 0) == [5 / 8, 2 / 8, 1 / 8] == RIGHT.mean(SHARDS, 2)
    assert kinds.over_assumed(SHARDS, 1) == [1 / 6] * 3 and kinds.not_reduced(SHARDS, 2) == [0.0, 0.0, 1 / 8]
