"""Notebooks: the Markdown cells of a Jupyter file."""

from __future__ import annotations

import json
from dataclasses import replace

from derive.notes.find.around import headings, with_sections
from derive.notes.find.formula import Formula, NoteError
from derive.notes.find.markdown import markdown


def notebook(text: str) -> list[Formula]:
    """The formulas of all Markdown cells; lines are counted within a cell. Raises NoteError for what is no notebook."""
    formulas, above = [], 0
    for number, cell in enumerate(cells_of(text), 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            source = cell.get("source", "")
            whole = "".join(map(str, source)) if isinstance(source, list) else str(source)
            found = sorted([*declared(whole), *markdown(whole)], key=lambda formula: formula.lines[0])
            formulas += [replace(formula, cell=number) for formula in with_sections(found, whole, above)]
            above += len(headings(whole))
    return formulas


def cells_of(text: str) -> list:
    """The cells of a notebook; those of old ones stand in worksheets. Raises NoteError for what is no notebook."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NoteError("it is not JSON, so it is no notebook") from None
    sheets = found.get("worksheets", [found]) if isinstance(found, dict) else None
    sheets = sheets if isinstance(sheets, list) else []
    lists = [sheet.get("cells") if isinstance(sheet, dict) else None for sheet in sheets]
    cells = [cells for cells in lists if isinstance(cells, list)]
    if not cells or len(cells) < len(lists):
        raise NoteError("it has no list of cells, so it is no notebook")
    return [cell for own in cells for cell in own]


def declared(text: str, ending: str = ".md") -> list[Formula]:
    """What a text declares in comments and front matter. Raises NoteError for what can't be read."""
    if "normproof" not in text:
        return []
    from derive.notes.declarations import declarations  # which reads LaTeX: not needed to find formulas

    return declarations(text, ending)
