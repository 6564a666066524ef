"""Documents at random: bytes, soups of LaTeX's words, and notes with parts deleted, doubled, swapped and mixed.

    python -m tests.notes.hostile.fuzz SECONDS [SEED]
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from derive.notes.find import NoteError, formulas_in
from derive.notes.guard.transfer import packed, unpacked
from derive.notes.judge import Note
from derive.notes.report import VERDICTS, Checked
from derive.notes.reports.document import document
from derive.notes.reports.formats import FORMATS, report

ENDINGS = (".md", ".md", ".md", ".tex", ".rst", ".ipynb")
HERE = Path(__file__).parents[1]

_WORDS = r"""
a b c d e g h i j k l m n x y z L N M 0 1 2 3 ( ) [ ] { } | _ ^ & = + - / * , . ; : ! ' < > ~ # % ` $
\\ \{ \} \| \, \quad \frac \sqrt \sum \prod \int \partial \nabla \left \right \hat \bar \tilde \mathbf \mathrm \text
\operatorname \gamma \beta \sigma \mu \epsilon \delta \hat{x} x_i y_i \cdot \times \odot \le \ge \ne \approx \in
\Rightarrow \begin{aligned} \end{aligned} \begin{pmatrix} \end{pmatrix} \begin{cases} \end{cases} \underbrace \overset
\tag \boxed \log \exp \max \min \arg \langle \rangle \lVert \rVert \mathbb{1} \dots \top ^T ^{-1} ^2 _{ij} _{k=1} ^{(i)}
^m dx \mathbb{E} \operatorname{Var} \frac{\partial{L}}{\partial{x_i}} \frac{1}{m} \sum_{i=1}^m \sqrt{\sigma^2+\epsilon}
\newcommand \def #1
"""
WORDS = _WORDS.split()
MARKS = ["$", "$$", "\n\n", "\\[", "\\]", "\\(", "\\)", "```", "```math\n", "> ", "- ", "\n", "<!--", "-->", "`", "$`"]
MARKS += ["\\begin{align}", "\\end{align}", "\\begin{equation*}", "\\end{equation*}", "| ", "\r\n", "\ufeff", "\\verb|"]
MARKS += [".. math::\n\n   ", ":math:`", "{% katex %}", "\u202e", "\u200b", "\t", "---\n"]
MARKS += ["\\newcommand{\\x}[1]{#1 \\x}"]

AROUND = [r"\frac{%}{2}", r"\sqrt{%}", "(%)", "^{%}", "_{%}", r"\sum_{i} %", "|%|", "[%]", r"\left(%\right)"]
PLAIN = "= + - x_i \\mu \\gamma y_i m 1 2".split()

_PIECE = re.compile(r"\\[a-zA-Z]+|\\.|\$+|[a-zA-Z]+|\d+|\s+|.", re.DOTALL)


def notes() -> list[list[str]]:
    """Our own notes, in pieces."""
    paths = [*(HERE / "examples").rglob("*.md"), *(HERE / "examples").rglob("*.tex")]
    paths.append(HERE.parents[1] / "docs" / "notes.md")
    return [_PIECE.findall(path.read_text(encoding="utf-8")) for path in sorted(paths)]


def documents(seed: int) -> Iterator[tuple[str, str, str]]:
    """Documents without an end: how each was made, its text, and the ending of its name."""
    draw = random.Random(seed)
    own = notes()
    makers = (_bytes, _soup, _soup, _formula, _formula, _mutant, _mutant, _mutant)
    while True:
        maker = draw.choice(makers)
        yield maker.__name__, maker(draw, own), draw.choice(ENDINGS)


def _bytes(draw: random.Random, _: list[list[str]]) -> str:
    if draw.random() < 0.5:
        return draw.randbytes(draw.randrange(400)).decode("utf-8", "replace")
    letters = ((draw.randrange(32, 127), draw.randrange(0xD800), 36) for _ in range(draw.randrange(300)))
    return "".join(chr(draw.choice(each)) for each in letters)


def _soup(draw: random.Random, _: list[list[str]]) -> str:
    return " ".join(draw.choice(draw.choice((WORDS, WORDS, MARKS))) for _ in range(draw.randrange(120)))


def _formula(draw: random.Random, _: list[list[str]]) -> str:
    """Definitions, and behind them displays of random words that are balanced more often than not."""
    head = r"$\mu = \frac{1}{m}\sum_{i=1}^m x_i$, $y_i = \gamma (x_i - \mu) + \beta$" if draw.random() < 0.7 else ""
    return head + "".join(f"\n\n$$\n{_balanced(draw, 3)}\n$$" for _ in range(draw.randrange(1, 4)))


def _balanced(draw: random.Random, depth: int) -> str:
    words = []
    for _ in range(draw.randrange(1, 12)):
        if depth and draw.random() < 0.35:
            words.append(draw.choice(AROUND).replace("%", _balanced(draw, depth - 1)))
        else:
            words.append(draw.choice(WORDS if draw.random() < 0.6 else PLAIN))
    return " ".join(words)


def _mutant(draw: random.Random, own: list[list[str]]) -> str:
    """A note with a few pieces deleted, doubled, swapped, or replaced by those of another."""
    pieces = list(draw.choice(own))
    start = draw.randrange(max(1, len(pieces) - 900))
    pieces = pieces[start : start + 900]
    for _ in range(draw.randrange(1, 8)):
        one, two = draw.randrange(len(pieces)), draw.randrange(len(pieces))
        match draw.randrange(5):
            case 0:
                del pieces[one : one + draw.randrange(1, 4)]
            case 1:
                pieces[one:one] = pieces[two : two + draw.randrange(1, 9)]
            case 2:
                pieces[one], pieces[two] = pieces[two], pieces[one]
            case 3:
                other = draw.choice(own)
                place = draw.randrange(len(other))
                pieces[one:one] = other[place : place + draw.randrange(1, 60)]
            case _:
                pieces[one] = draw.choice(draw.choice((WORDS, MARKS)))
        pieces = pieces or ["$"]
    return "".join(pieces)


def tried(text: str, ending: str) -> list[Checked]:
    """Finds, judges and prints a document. Raises AssertionError where a verdict lacks something."""
    found: list[Checked] = []

    def judge(formulas: list) -> list[Checked]:
        found.extend(Note(formulas).check())
        for checked in found:
            assert checked.verdict in VERDICTS
            assert checked.reason or checked.verdict not in ("unread", "undecided", "refuted"), checked
            unpacked(packed(checked))
        return found

    try:
        formulas_in(text, ending)
    except NoteError:
        return []
    made = document("note", text, ending, judge)
    for format in FORMATS:
        lines: list[str] = []
        printed = report(format, lines.append)
        printed.document(made)
        printed.end()
    return found


def run(seconds: float, seed: int, slowest: float = 20.0) -> Counter[str]:
    """Tries documents for a time, and counts them and the verdicts on their formulas."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    for number, (kind, text, ending) in enumerate(documents(seed)):
        begun = time.monotonic()
        if begun > end:
            return counts
        try:
            verdicts = [each.verdict for each in tried(text, ending)]
        except Exception as error:
            raise AssertionError(f"document {number} of seed {seed} ({kind}, {ending}): {text!r}") from error
        assert time.monotonic() - begun < slowest, f"document {number} of seed {seed} is slow: {text!r}"
        counts.update(["documents", kind, *verdicts])
    return counts


if __name__ == "__main__":
    print(run(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
