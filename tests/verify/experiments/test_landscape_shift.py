"""Internal covariate shift: the gradient is taken at W_i^t, with only the layers before i updated."""

import pytest
import torch
from torch import nn

from verify.experiments.landscape import shift as room
from verify.experiments.landscape.objective import Objective, moved
from verify.experiments.landscape.shift import layers_of, shift_between, shifts, updated_before
from verify.experiments.networks.vgg import VGG
from verify.workload import Workload

LR = 0.05


def two_layers() -> tuple[Objective, tuple[torch.Tensor, ...]]:
    """X W1 V with half the squared error, in float64, and its numbers."""
    generator = torch.Generator().manual_seed(3)
    x, w1, v, target = (
        torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((5, 3), (3, 4), (4, 2), (5, 2))
    )
    model = nn.Sequential(nn.Linear(3, 4, bias=False), nn.Linear(4, 2, bias=False)).double()
    model[0].weight.data, model[1].weight.data = w1.T.clone(), v.T.clone()
    loss = lambda output: (output - target).square().sum() / 2  # noqa: E731
    return Objective(Workload(model, (x,), {}, loss)), (x, w1, v, target)


def matrix(*factors: list[list[float]]) -> list[list[float]]:
    """A product of matrices as finite sums of Python's numbers."""
    left = factors[0]
    for right in factors[1:]:
        left = [[sum(a * right[k][j] for k, a in enumerate(row)) for j in range(len(right[0]))] for row in left]
    return left


def turned(matrix: list[list[float]]) -> list[list[float]]:
    return [list(column) for column in zip(*matrix, strict=True)]


def minus(left: list[list[float]], right: list[list[float]], by: float = 1.0) -> list[list[float]]:
    return [[a - by * b for a, b in zip(one, other, strict=True)] for one, other in zip(left, right, strict=True)]


def by_hand(numbers: tuple[torch.Tensor, ...], lr: float) -> tuple[float, float, float]:
    """|G|, |G - G'| and the cosine of the second layer, from sums alone."""
    x, w1, v, target = (tensor.tolist() for tensor in numbers)
    error = minus(matrix(x, w1, v), target)
    gradient = matrix(turned(w1), turned(x), error)
    w1_after = minus(w1, matrix(turned(x), error, turned(v)), lr)
    there = matrix(turned(w1_after), turned(x), minus(matrix(x, w1_after, v), target))
    flat, flat_there = ([entry for row in each for entry in row] for each in (gradient, there))
    inner = lambda a, b: sum(p * q for p, q in zip(a, b, strict=True))  # noqa: E731
    apart = [a - b for a, b in zip(flat, flat_there, strict=True)]
    lengths = inner(flat, flat) ** 0.5, inner(flat_there, flat_there) ** 0.5
    return lengths[0], inner(apart, apart) ** 0.5, inner(flat, flat_there) / lengths[0] / lengths[1]


def measured(objective: Objective) -> tuple[float, float, float]:
    _, gradient = objective.here()
    (found,) = shifts(objective, layers_of(objective), gradient, LR)
    return found.length, found.distance, found.cosine or 0.0


def test_two_linear_layers_by_finite_sums() -> None:
    objective, numbers = two_layers()
    assert measured(objective) == pytest.approx(by_hand(numbers, LR), rel=1e-12)


def everything(layers, place, before, after):
    return dict(after)


def own_too(layers, place, before, after):
    """As one of the notes writes it: the gradient by W_i^(t+1)."""
    return updated_before(layers, place + 1, before, after)


def nothing(layers, place, before, after):
    return dict(before)


def later_ones(layers, place, before, after):
    own = {name for layer in layers[place:] for name in layer.parameters}
    return {name: after[name] if name in own else before[name] for name in before}


@pytest.mark.parametrize("wrong", [everything, own_too, nothing, later_ones])
def test_a_wrong_argument_is_another_number(wrong, monkeypatch) -> None:
    objective, numbers = two_layers()
    monkeypatch.setattr(room, "updated_before", wrong)
    assert measured(objective)[1] != pytest.approx(by_hand(numbers, LR)[1], rel=1e-3)


def test_the_theorem_on_linear_networks_is_the_shift_at_a_fixed_upstream_gradient() -> None:
    """linear-network-shift, where the loss is linear in the output; S is X'G."""
    objective, (x, _, v, g) = two_layers()
    linear = Objective(Workload(objective.workload.model, (x,), {}, lambda output: (output * g).sum()))
    _, gradient = linear.here()
    layers = layers_of(linear)
    after = moved(linear.parameters, gradient, -LR)
    _, there = linear.gradient(updated_before(layers, 1, linear.parameters, after), layers[1].weights)
    s = x.T @ g
    expected = -LR * torch.einsum("jr,ir,io->jo", v, s, s)
    found = (there["1.weight"] - gradient["1.weight"]).T
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_network_with_activations_against_a_copy_set_by_hand() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)).double()
    x, labels = torch.randn(6, 4, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1, 2])
    loss = lambda output: nn.functional.cross_entropy(output, labels)  # noqa: E731
    objective = Objective(Workload(model, (x,), {}, loss))
    layers = layers_of(objective)
    assert [layer.name for layer in layers] == ["0", "2", "4"]
    assert layers[1].parameters == ("2.weight", "2.bias", "3.weight", "3.bias")
    _, gradient = objective.here()
    for place, found in enumerate(shifts(objective, layers, gradient, LR), 1):
        before = {name: value.clone() for name, value in model.state_dict().items()}
        with torch.no_grad():
            for layer in layers[:place]:
                for name in layer.parameters:
                    model.get_parameter(name).sub_(LR * gradient[name])
        (there,) = torch.autograd.grad(loss(model(x)), [model.get_parameter(layers[place].weights[0])])
        model.load_state_dict(before)
        expected = shift_between("", {"w": gradient[layers[place].weights[0]]}, {"w": there})
        assert (found.distance, found.cosine) == pytest.approx((expected.distance, expected.cosine), rel=1e-10)


class Backwards(nn.Module):
    """Layers that are registered in another order than they are called."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(3, 1)
        self.unused = nn.Linear(2, 2)
        self.first = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.first(x))


def test_layers_come_in_the_order_of_execution() -> None:
    objective = Objective(Workload(Backwards(), (torch.randn(4, 2),), {}, torch.sum))
    assert [layer.name for layer in layers_of(objective)] == ["first", "last", "unused"]
    assert layers_of(objective)[0].parameters == (
        "first.bias",
        "first.parametrizations.weight.original0",
        "first.parametrizations.weight.original1",
    )
    _, gradient = objective.here()
    assert shifts(objective, layers_of(objective), gradient, LR)[1].cosine is None  # no gradient at all


def test_a_normalization_belongs_to_the_layer_before_it() -> None:
    model = VGG("batchnorm", depth=2, width=4)
    objective = Objective(Workload(model, (torch.randn(4, 1, 8, 8),), {}, torch.mean))
    assert [len(layer.parameters) for layer in layers_of(objective)] == [4, 4, 2]
    assert layers_of(objective)[0].weights == ("features.0.weight",)
