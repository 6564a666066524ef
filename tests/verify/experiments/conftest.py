"""What tests of the experiments share."""

import pytest

from verify.experiments.signals import channels, gradient, similarity, steps


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks for what is no matter of the settings."""
    monkeypatch.setattr(gradient, "WIDTHS", (16, 32))
    monkeypatch.setattr(similarity, "LINEAR_DEPTH", 6)
    monkeypatch.setattr(channels, "STEPS", 8)
    monkeypatch.setattr(steps, "STEPS", 3)
    monkeypatch.setattr(steps, "ETAS", steps.ETAS[::2])
