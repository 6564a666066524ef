"""What a person brings: models, factories, batches and losses, and the sentences for those that are none."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from verify.errors import VerifyError
from verify.workload import Workload, first_tensor, generic_loss, workload_of


def factory(width: int = 4) -> nn.Module:
    return nn.Linear(3, width)


def with_batch() -> tuple:
    return factory(), torch.ones(5, 3)


def with_loss() -> tuple:
    return factory(), (torch.ones(5, 3),), lambda output: output.square().sum()


def raising(width: int = 4) -> nn.Module:
    raise RuntimeError("no weights here")


@dataclass
class Said:
    loss: torch.Tensor


class Keywords(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 2)

    def forward(self, ids: torch.Tensor, scale: float = 1.0) -> dict[str, torch.Tensor]:
        return {"ids": ids, "hidden": scale * self.table(ids)}


def test_what_may_be_brought() -> None:
    assert workload_of(factory, shape=(5, 3), arguments={"width": 2}).forward().shape == (5, 2)
    assert workload_of(factory(), torch.ones(2, 3)).forward().shape == (2, 4)
    sizes = {"in_features": 3, "out_features": 1}
    assert workload_of(nn.Linear, shape=(5, 3), arguments=sizes).forward().shape == (5, 1)
    assert torch.equal(workload_of(with_batch).args[0], torch.ones(5, 3))
    assert torch.equal(workload_of(with_batch()).args[0], torch.ones(5, 3))
    found = workload_of(with_loss)
    assert torch.equal(found.step(), found.forward().square().sum())
    assert workload_of(with_loss, loss=lambda output: output.sum() * 0 + 7).step() == 7
    assert workload_of(with_batch, torch.zeros(2, 3)).args[0].shape == (2, 3)


def test_whole_numbers_and_keyword_arguments() -> None:
    drawn = workload_of(Keywords, shape=(3, 50), vocabulary=11).args[0]
    assert drawn.dtype == torch.int64 and set(drawn.flatten().tolist()) == set(range(11))
    named = workload_of(Keywords(), {"ids": drawn, "scale": 0.0})
    assert named.args == () and not named.step().any()


def test_a_seed_draws_the_same() -> None:
    one, same, other = (workload_of(factory, shape=(5, 3), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.args[0], same.args[0]) and torch.equal(one.model.weight, same.model.weight)
    assert not torch.equal(one.args[0], other.args[0]) and not torch.equal(one.model.weight, other.model.weight)
    assert workload_of(factory().double(), shape=(5, 3)).args[0].dtype == torch.float64


def test_the_generic_loss_has_a_gradient_without_structure() -> None:
    output = torch.zeros(20, 30, requires_grad=True)
    (gradient,) = torch.autograd.grad(generic_loss({"a": torch.arange(3), "b": [output]}), output)
    assert gradient.unique().numel() == output.numel()
    assert torch.linalg.matrix_rank(gradient) == 20
    again = torch.autograd.grad(generic_loss(output), output)[0]
    assert torch.equal(gradient, again)
    assert generic_loss(Said(torch.tensor(3.0))) == 3


def test_the_first_tensor() -> None:
    found = torch.ones(2)
    assert first_tensor(({"a": torch.arange(2)}, [None, found])) is found
    assert first_tensor({"a": 3, "b": "text"}) is None and first_tensor(torch.arange(3)) is None


def loss_of_nothing(output: torch.Tensor) -> torch.Tensor:
    return output.undefined  # pyright: ignore[reportAttributeAccessIssue]


REFUSED = [
    (3, {}, "got int"),
    (lambda: 3, {}, "expected a torch.nn.Module"),
    (lambda: (factory(), 1, 2, 3), {}, "expected a torch.nn.Module"),
    (lambda: (), {}, "expected a torch.nn.Module"),
    (with_batch()[::-1], {}, "got (Tensor, Linear)"),
    (lambda: (factory(), torch.ones(1, 3), 5), {}, "the loss is int; give a function"),
    (raising, {}, "raising(width) raised RuntimeError: no weights here"),
    (factory, {"arguments": {"depth": 3}}, "factory(width) raised TypeError"),
    (factory(), {"arguments": {"width": 3}}, "arguments are for factories"),
    (factory, {}, "factory has no batch"),
    (factory, {"shape": ()}, "needs sizes of at least 1"),
    (factory, {"shape": (0, 3)}, "needs sizes of at least 1"),
    (factory, {"shape": (2, 3), "vocabulary": 0}, "a vocabulary of 0 has no words"),
    (factory, {"batch": 3}, "the batch of factory is int"),
    (factory, {"batch": {1: 2}}, "the batch of factory is dict"),
]


@pytest.mark.parametrize(("found", "given", "message"), REFUSED)
def test_what_is_refused(found: object, given: dict, message: str) -> None:
    with pytest.raises(VerifyError) as error:
        workload_of(found, **given)
    assert message in str(error.value) and "\n" not in str(error.value)


STEPS = [
    (Workload(factory(), (torch.ones(2, 5),), name="mine"), "mine can't be run on the batch: RuntimeError"),
    (Workload(factory(), (torch.ones(2, 3),), loss=loss_of_nothing), "can't be computed: AttributeError"),
    (Workload(factory(), (torch.ones(2, 3),), loss=lambda output: output), "is a tensor of the shape (2, 4)"),
    (Workload(factory(), (torch.ones(2, 3),), loss=lambda output: 1.0), "is float; return one number"),
    (Workload(factory(), (torch.ones(2, 3),), loss=lambda output: output.detach().sum()), "depends on nothing"),
    (Workload(nn.Flatten(), (torch.arange(6).view(2, 3),)), "there is no tensor to take a loss of"),
]


@pytest.mark.parametrize(("work", "message"), STEPS)
def test_steps_that_can_not_be_made(work: Workload, message: str) -> None:
    with pytest.raises(VerifyError) as error:
        work.step()
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_loss_of_one_entry_is_a_scalar() -> None:
    work = Workload(factory(), (torch.ones(2, 3),), loss=lambda output: output.sum().view(1, 1))
    assert work.step().shape == ()
