"""What `import derive` and `import verify` offer."""

import ast
from pathlib import Path

import pytest

import derive
import verify


@pytest.mark.parametrize("package", [derive, verify])
def test_every_public_name_is_there(package):
    assert package.__all__ and all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.parametrize("package", [derive, verify])
def test_a_name_that_is_not_there_is_refused_with_those_that_are(package):
    with pytest.raises(AttributeError, match=f"{package.__name__} has no nothing; it has "):
        _ = package.nothing


def test_the_names_that_type_checkers_see_are_those_that_are_loaded():
    tree = ast.parse(Path(derive.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(derive.__all__) == set(derive._HOME_OF)
