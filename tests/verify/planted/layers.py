"""All honest layers: whatever judges layers must never fail one of these."""

from __future__ import annotations

from tests.verify.planted.composed import COMPOSED
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.registered import REGISTERED
from tests.verify.planted.written import WRITTEN

HONEST: list[Implementation] = [*COMPOSED, *REGISTERED, *WRITTEN]
