"""Steps of a derivative of which a document writes the diagonal apart: they are meant for other indices."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from derive.language import Claim
from derive.language.binding import free_indices
from derive.latex.reader import syntax as tree
from derive.notes.meaning.restrict import Condition, restricted
from derive.notes.survey import Survey
from derive.verdicts import Proved, Verdict


def off_diagonal(
    head: tree.Node, claim: Claim, survey: Survey, decide: Callable[[Claim], Verdict]
) -> tuple[str, str] | None:
    """Two letters for which a refuted claim holds where they differ; None unless the document has the diagonal apart.

    `head` is the left side of the chain that the claim is from.
    """
    if survey.jacobian(head) not in survey.diagonals:
        return None
    letters = sorted(index.name for index in free_indices(claim.lhs) | free_indices(claim.rhs))
    for one, other in combinations(letters, 2):
        narrower = restricted(claim, (Condition(one, other, same=False),))
        if narrower is not None and isinstance(decide(narrower), Proved):
            return one, other
    return None
