"""The zoo against which the assertions are judged: honest layers and planted faults, in plain torch."""

from tests.verify.planted.arrangement import FAMILIES
from tests.verify.planted.faults import ABSENT, FAULTS, KINDS, SAME_AS_RIGHT, Fault
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.layers import HONEST

__all__ = ["ABSENT", "FAMILIES", "FAULTS", "HONEST", "KINDS", "SAME_AS_RIGHT", "Fault", "Implementation"]
