"""Random documents are found, judged and printed without an error, in time, and with a reason where one is due."""

import pytest

from tests.notes.hostile.fuzz import run


def test_random_documents():
    counts = run(seconds=4, seed=0)
    assert counts["documents"] > 5
    assert counts["undecided"] + counts["unread"] > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
def test_random_documents_for_long(seed):
    assert run(seconds=150, seed=seed)["documents"] > 100
