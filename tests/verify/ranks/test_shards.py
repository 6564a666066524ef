"""Shards, and what is said of options that make no sense: nothing here starts a process."""

import pytest
import torch

from verify.errors import VerifyError
from verify.ranks.launch import launch_ranks, processes_of
from verify.ranks.layers.check import Options, check_ranks, made
from verify.ranks.shards import Shards, shards_of, unequal, with_nothing


def test_parts_are_the_whole():
    shards = Shards((3, 0, 2))
    rows = list(range(shards.total))
    assert [rows[shards.part(rank)] for rank in range(3)] == [[0, 1, 2], [], [3, 4]]
    assert shards.times(4).sizes == (12, 0, 8) and shards.empty and not shards.equal
    assert Shards((4, 4)).equal and str(shards) == "3,0,2"


@pytest.mark.parametrize("ranks", range(2, 12))
def test_unequal_shards_differ_from_their_mean(ranks: int):
    """A rank with the mean number of samples would not show that all are taken to be as large as it."""
    shards = unequal(ranks)
    assert not shards.equal and (ranks > 8 or shards.total not in {ranks * size for size in shards.sizes})
    assert with_nothing(ranks).sizes[1] == 0


@pytest.mark.parametrize(
    ("sizes", "ranks", "says"),
    [
        ((3,), None, "at least 2"),
        ((3, -1), None, "from 0"),
        ((1, 0), None, "a batch of 1"),
        ((4, 4), 3, "2 sizes for 3 ranks"),
        ((4, 5000), None, "from 0 to"),
    ],
)
def test_shards_that_are_none(sizes, ranks, says):
    with pytest.raises(VerifyError, match=says):
        shards_of(sizes, ranks)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"like": "layernorm"}, "no statistics across ranks"),
        ({"dtypes": ("float3",)}, "no dtype 'float3'"),
        ({"reduced": "max"}, "none of none, sum, mean"),
        ({"shape": (4, 0)}, "shape"),
        ({"eps": 0.0}, "positive"),
        ({"timeout": 0.0}, "positive number of seconds"),
        ({"timeout": float("nan")}, "positive number of seconds"),
        ({"timeout": float("inf")}, "at most 86400"),
        ({"shape": (4096, 256), "shards": (4, 4)}, "8388608 numbers"),
    ],
)
def test_options_that_make_no_sense(options, says):
    with pytest.raises(VerifyError, match=says):
        Options(**options).refuse()


def test_processes():
    assert processes_of(None, None) == 2 and processes_of(None, (1, 2, 3)) == 3
    with pytest.raises(VerifyError, match="from 2 to"):
        processes_of(1, None)
    with pytest.raises(VerifyError, match="2 sizes for 3"):
        launch_ranks("nothing:there", shards=(3, 4), processes=3)
    with pytest.raises(VerifyError, match="no backend 'mpi'"):
        launch_ranks("nothing:there", shards=(3, 4), backend="mpi")


def test_outside_a_process_group():
    with pytest.raises(VerifyError, match="no process group"):
        check_ranks(torch.nn.Identity())


def test_factories_are_called_and_layers_are_not():
    layer = torch.nn.Identity()
    assert made(layer) is layer
    assert made(lambda: layer) is layer
    function = lambda x, weight, bias, eps: x  # noqa: E731
    assert made(function) is function
    several = lambda *values: values  # noqa: E731
    assert made(several) is several
