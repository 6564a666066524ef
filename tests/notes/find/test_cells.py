"""The letters of a notebook's cells are found where they stand in its JSON."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from derive.notes.find.cells import Cells

TEXT = st.text(st.sampled_from(list('a$\\"{}[],: \t\n\r\u00e9分😀\ud83d\x00/')), max_size=12)
SOURCE = st.one_of(TEXT, st.lists(TEXT, max_size=3))
OTHER = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["source", "cells", "a"]), inner),
    max_leaves=6,
)
CELL = st.fixed_dictionaries({"source": SOURCE}, optional={"outputs": OTHER, "metadata": OTHER})


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(CELL, max_size=3), OTHER, st.sampled_from([None, 1]), st.booleans())
def test_every_letter_is_found(cells, other, indent, ascii):
    text = json.dumps({"first": other, "cells": cells, "last": other}, indent=indent, ensure_ascii=ascii)
    found = Cells(text)
    assert set(found.sources) == set(range(1, len(cells) + 1))
    for number, cell in enumerate(cells, 1):
        source, expected = found.sources[number], "".join(cell["source"])
        joined = "".join(source.text)
        # two halves of a letter that stand side by side become one where they are escaped
        assert joined.encode("utf-16-le", "surrogatepass") == expected.encode("utf-16-le", "surrogatepass")
        for letter, (start, end) in zip(source.text, source.spans, strict=True):
            assert json.loads(f'"{text[start:end]}"') == letter


def test_places():
    text = json.dumps({"cells": [{"source": ["a\n", 'b "$$x$$"']}]}, indent=1)
    cells = Cells(text)
    span = cells.span(1, (2, 6), (2, 7))
    assert span is not None and text[slice(*span)] == "x"
    line, column = cells.place(span[0])
    assert text.split("\n")[line - 1][column - 1] == "x"
    assert cells.span(2, (1, 1), (1, 2)) is None
    assert cells.span(1, (2, 6), (2, 6)) == (span[0], span[0])
