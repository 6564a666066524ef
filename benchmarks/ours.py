"""normproof, served beside its rivals."""

from __future__ import annotations

from benchmarks.statements import forget, prove, refute
from benchmarks.worker import serve


def answer(statement: str, planted: bool = False, repair: bool = False) -> bool:
    """A proof, or with `repair` a refutation that names the nearest true formula."""
    return refute(statement) if repair else prove(statement, planted)


if __name__ == "__main__":
    serve(answer, forget)
