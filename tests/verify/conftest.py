"""These tensors are small: a second thread would only compete with the other worker of pytest-xdist."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)
