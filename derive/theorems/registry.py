"""Statements: named results, each with the script that proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

from derive.kernel import Theorem
from derive.language.node import LanguageError
from derive.layers.program import Layer
from derive.maxima import Maximum
from derive.theorems.derivation import Derivation
from derive.variants import later
from derive.verdicts import Refuted

SCRIPTS = (
    "paper.normalized_coordinates",
    "paper.fact_c2",
    "paper.adjoints",
    "paper.fact_c1",
    "paper.theorem_4_1",
    "paper.theorem_4_2",
    "paper.observation_4_3",
    "paper.theorem_4_4",
    "paper.scale_invariance",
    "paper.lemma_4_5",
    "paper.lipschitz",
    "family.linear_batchnorm",
    "family.batchnorm_inference",
    "family.batchnorm_running",
    "family.batchnorm_images",
    "family.layernorm",
    "family.rmsnorm",
    "family.groupnorm",
    "family.instancenorm",
    "family.weightnorm",
    "family.weight_standardization",
    "family.other_norms",
    "family.softmax",
    "family.gradient_clipping",
    "training.sgd_noise",
    "training.residual_stream",
    "training.correlations",
    "training.running_statistics",
    "training.over_batches",
    "training.linear_network",
    "training.folding",
    "training.weight_length",
    "training.noise",
)
"""The scripts of this package, in the order in which they build on each other."""


@dataclass(frozen=True)
class Statement:
    """A result with an id and a title, about a layer or about none, and the script that proves it."""

    id: str
    title: str
    build: Callable[[], Derivation | Theorem | Maximum]
    layer: Layer | None = None
    source: str = ""

    @cached_property
    def proof(self) -> Derivation | Theorem | Maximum:
        """Runs the script; raises DerivationError or NotProved at the line that is wrong."""
        with later():
            made = self.build()
        if not isinstance(made, Derivation | Theorem | Maximum):
            raise LanguageError(f"{self.id} returns {made!r}, which is neither a Derivation, a Theorem nor a Maximum")
        return made

    @property
    def theorem(self) -> Theorem:
        """What is proved; of a maximum, the bound."""
        return self.proof if isinstance(self.proof, Theorem) else self.proof.theorem

    @property
    def theorems(self) -> tuple[Theorem, ...]:
        """Everything that is proved; of a maximum, also that the witness is feasible and attains the value."""
        return self.proof.theorems if isinstance(self.proof, Maximum) else (self.theorem,)

    @property
    def refutations(self) -> list[tuple[Refuted, str]]:
        """False variants of the statement that the script refutes, each with a remark."""
        return [] if isinstance(self.proof, Theorem) else self.proof.refutations


_package: dict[str, Statement] = {}
_collections: list[dict[str, Statement]] = [{}]


def statement(
    id: str, title: str = "", *, layer: Layer | None = None, source: str = ""
) -> Callable[[Callable[[], Derivation | Theorem | Maximum]], Statement]:
    """Registers the function below it as the script of a statement.

    The function takes nothing and returns a Derivation, a Theorem, or a Maximum. `title` defaults to its docstring's
    first line.
    An id may stand once in a script; raises LanguageError for the second.
    """

    def register(build: Callable[[], Derivation | Theorem | Maximum]) -> Statement:
        heading = title or (build.__doc__ or id).strip().splitlines()[0]
        made = Statement(id, heading, build, layer, source)
        into = _package if build.__module__.startswith(f"{__package__}.") else _collections[-1]
        if id in into:
            raise LanguageError(f"two statements are called {id}: {into[id].build.__name__} and {build.__name__}")
        into[id] = made
        return made

    return register


def statements() -> dict[str, Statement]:
    """Every statement of this package, in the order in which they build on each other."""
    for script in SCRIPTS:
        import_module(f"{__package__}.{script}")
    return dict(_package)


@contextmanager
def collecting() -> Iterator[dict[str, Statement]]:
    """Gathers the statements that are registered inside the `with` block."""
    own: dict[str, Statement] = {}
    _collections.append(own)
    try:
        yield own
    finally:
        _collections.remove(own)


def of_running_script() -> list[Statement]:
    """The statements that were registered outside of any collection: those of the script that runs now."""
    return list(_collections[0].values())
