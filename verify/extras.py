"""What is needed beside torch for pictures, data and progress, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from verify.errors import VerifyError

INSTALL = "pip install 'normproof[experiments]'"


def require(module: str) -> ModuleType:
    """A module of the extra `experiments`. Raises VerifyError that says how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise VerifyError(f"this needs {name}, which can't be imported ({error}); {INSTALL} installs it") from None
