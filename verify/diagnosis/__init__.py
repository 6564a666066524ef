"""From wrong numbers to the sentence that says what is wrong."""

from verify.diagnosis.across import across
from verify.diagnosis.diagnosis import Diagnosis, diagnose, locate

__all__ = ["Diagnosis", "across", "diagnose", "locate"]
