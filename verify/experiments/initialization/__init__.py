"""Lemma 4.5 on trained networks: scale invariance along the ray of an optimum, and its point nearest to the start."""

from verify.experiments.initialization.experiment import initialization

__all__ = ["initialization"]
