"""What the siblings of a module say about it: those of its class that were recognized in the same model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from verify.audits.observation.capture import OUTPUT
from verify.audits.recognition.candidates import named_like_one
from verify.audits.recognition.recognize import Recognized, Unrecognized, said_eps
from verify.audits.recognition.seen import Seen
from verify.audits.recognition.siblings import Sibling, names_of, settings, siblings, usual, way
from verify.audits.record import FAULT, MODULE, UNDECIDED, LayerAudit


def described(found: Recognized) -> str:
    """The form of a module in words, with what its weight and epsilon are."""
    notes = f" ({'; '.join(found.notes)})" if found.notes else ""
    return f"{found.form}{notes}"


def settled(
    seen: Sequence[Seen], further: Sequence[Sibling], layers: Sequence[LayerAudit]
) -> tuple[list[LayerAudit], list[LayerAudit]]:
    """The audits of the calls that were judged, in the words that they deserve, and those of the others."""
    judged = sorted((each for each in seen if each.watch is not None), key=lambda each: each.order)
    verdicts = Verdicts(seen, further, dict(zip(map(id, judged), layers, strict=True)))
    return list(verdicts.judged(judged)), list(verdicts.others())


@dataclass(frozen=True)
class Verdicts:
    """The calls, and the audits of those that were judged, by the identity of the call."""

    seen: Sequence[Seen]
    further: Sequence[Sibling]
    layers: dict[int, LayerAudit]

    def judged(self, judged: Sequence[Seen]) -> Iterator[LayerAudit]:
        for each in judged:
            layer = self.layers[id(each)]
            if each.inside and layer.ok:
                continue  # what was judged inside of it says the same
            yield self._of(each, layer)

    def _of(self, each: Seen, layer: LayerAudit) -> LayerAudit:
        if not isinstance(each.found, Recognized):
            return layer
        honest = [other for other in siblings(each, self.seen, self.further) if self._right(other)]
        alike = [other for other in honest if settings(other.module) == settings(each.module)]
        if each.late or not _output_holds(layer):
            return self._wrong(each, layer, alike)
        own, most = way(each.found), usual(alike)
        others = names_of(alike, lambda other: way(other.found) != own)
        same = names_of(alike, lambda other: way(other.found) == own) | {each.name}
        if most is not None and way(most.found) != own and (len(others) > len(same) or not most.names):
            return replace(layer, verdict=FAULT, says=_otherwise(each, each.found, most.found, _who(each, others)))
        return replace(layer, says="; ".join((*each.found.notes, *([layer.says] if layer.says else []))))

    def _wrong(self, each: Seen, layer: LayerAudit, alike: Sequence[Sibling]) -> LayerAudit:
        """One whose output is not that of the layer that it was taken for, or that its siblings are."""
        if _output_holds(layer):
            if not layer.ok:
                return layer
            says = "on this batch it is as its siblings, and not on other numbers"
            return replace(layer, verdict=UNDECIDED, says=says)
        if alike:
            says = f"computes something else than {_who(each, names_of(alike))}: {layer.says}"
            return replace(layer, verdict=FAULT, says=says)
        says = each.reason if each.late else f"not quite {layer.like}: {layer.says}"
        return replace(layer, verdict=UNDECIDED, says=says)

    def _right(self, other: Sibling) -> bool:
        """Whether the output of a sibling is that of its layer; that of an operation is judged elsewhere."""
        if other.seen is None:
            return True
        layer = self.layers.get(id(other.seen))
        return layer is not None and _output_holds(layer)

    def others(self) -> Iterator[LayerAudit]:
        """Undecided: what is named like a normalization, or has siblings that are, and was not recognized."""
        for each in self.seen:
            if each.watch is not None or not isinstance(each.found, Unrecognized) or each.inside:
                continue
            if named_like_one(each.module) or siblings(each, self.seen, self.further):
                yield undecided(each, each.found.says)


def undecided(each: Seen, says: str) -> LayerAudit:
    """A call that nothing is known of, with the reason."""
    dtype = str(each.dtype).removeprefix("torch.")
    return LayerAudit(each.name, each.kind, None, MODULE, each.shape, dtype, None, UNDECIDED, says, each.call)


def _output_holds(layer: LayerAudit) -> bool:
    """Whether the output was compared, and is that of the layer."""
    own = [row for row in layer.rows if row.quantity == OUTPUT]
    return all(row.ok for row in own)


def _otherwise(each: Seen, own: Recognized, most: Recognized, who: str) -> str:
    """How a module that is a right layer is another one than its siblings."""
    said = said_eps(each.module).get(most.eps_from or "")
    if way(own)[:-1] == way(most)[:-1] and said is not None:
        return f"computes with an epsilon of {own.fit.eps:g}; it says {said:g}, with which {who} compute"
    return f"computes {described(own)}, and {who} {described(most)}"


def _who(each: Seen, names: set[str]) -> str:
    """The siblings in words; the class where a module has none, and its forward was replaced."""
    if not names:
        return f"its class {each.kind}"
    return f"its {len(names)} siblings of the same class" if len(names) > 1 else "its sibling of the same class"
