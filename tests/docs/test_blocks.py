"""A document that shows something untrue is caught, and one that is right passes."""

from pathlib import Path
from textwrap import dedent

import pytest

from .blocks import DocumentError, difference
from .running import failures


@pytest.fixture
def check(tmp_path: Path):
    def check(markdown: str) -> list[str]:
        document = tmp_path / "README.md"
        document.write_text(dedent(markdown), encoding="utf-8")
        work = tmp_path / "work"
        work.mkdir()
        return failures(document, "README.md", work)

    return check


RIGHT = [
    """
    ```python
    half = 1 / 2
    ```

    Later, in the same namespace:

    ```python
    print(half)
    ```
    ```text
    0.5
    ```
    """,
    """
    ```python
    print("in", 0.123, "s")
    print("a\\nb\\nc")
    ```

    ```output
    in ... s
    ...
    c
    ```
    """,
    """
    ```python
    # file: answer.py
    print(6 * 7)
    ```

    ```console
    $ python answer.py
    42
    $ echo one \\
    >   two
    one two
    ```

    ```python
    import answer
    ```
    ```text
    42
    ```
    """,
    """
    ```console
    $ sh -c 'echo refuted; exit 1'
    refuted
    $ sh -c 'echo no such file >&2; exit 2'
    no such file
    $ echo $?
    2
    ```
    """,
    """
    ```python
    1 / 0
    ```
    ```text
    Traceback (most recent call last):
      File ".../README.md", line 3, in <module>
    ...
    ZeroDivisionError: division by zero
    ```
    """,
    """
    1. In a list:

       ~~~console
       $ printf '  two\\n'
         two
       ~~~

    <!-- skip: needs the network -->
    ```bash
    git clone somewhere
    ```

    ```latex
    \\frac{1}{m}
    ```

    ````text
    ```console
    $ false
    ```
    ````
    """,
    """
    <!-- skip: other numbers on every machine -->
    ```python
    print(1)
    ```
    ```text
    2
    ```
    """,
    """
    ```python
    print(1)
    ```

    <!-- skip: other numbers on every machine -->
    ```text
    2
    ```
    """,
]


@pytest.mark.parametrize("markdown", RIGHT)
def test_a_document_that_is_right_passes(check, markdown: str):
    assert check(markdown) == []


def test_a_wrong_output_of_python_is_shown_as_a_diff(check):
    [wrong] = check("""
        ```python
        print(1 + 1)
        ```
        ```text
        3
        ```
    """)
    assert wrong == "--- README.md:6 as written\n+++ README.md:6 as run\n@@ -1 +1 @@\n-3\n+2"


def test_a_wrong_output_of_a_command_is_shown_as_a_diff(check):
    [wrong] = check("""
        ```console
        $ echo right
        right
        $ echo two
        2
        ```
    """)
    assert wrong == "--- README.md:5 as written\n+++ README.md:5 as run\n@@ -1 +1 @@\n-2\n+two"


WRONG = {
    "python prints, nothing is shown": ("```python\nprint(1)\n```\n", "+1"),
    "text below a paragraph is no output": ("```python\nprint(1)\n```\n\nso:\n\n```text\n1\n```\n", "+1"),
    "python raises": ("```python\nnot_defined\n```\n", "+NameError: name 'not_defined' is not defined"),
    "python cannot be parsed": ("\n```python\n1 +\n```\n", 'README.md", line 3'),
    "python ends its process": ("```python\nimport os; os._exit(0)\n```\n", "+[the block ended its process"),
    "command prints, nothing is shown": ("```console\n$ echo 1\n```\n", "+1"),
    "command prints too little": ("```console\n$ echo 1\n1\n2\n```\n", "-2"),
    "command is unknown": ("```console\n$ normproof-has-no-such-command\n```\n", "not found"),
    "exit 1 in silence": ("```console\n$ false\n```\n", "README.md:2: `false` exits with 1; show it with `$ echo $?`"),
    "exit 1 behind dots": ("```console\n$ echo failed; false\n...\n```\n", "exits with 1"),
    "exit 2 unsaid": ("```console\n$ echo bad; exit 2\nbad\n```\n", "exits with 2"),
    "another exit status": ("```console\n$ exit 3\n$ echo $?\n2\n```\n", "+3"),
    "a file alone is not run": ("```python\n# file: a.py\nx = 1\n```\n```python\nprint(x)\n```\n", "NameError"),
}


@pytest.mark.parametrize(("markdown", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_document_that_is_wrong_fails(check, markdown: str, message: str):
    assert message in "\n".join(check(markdown))


BROKEN = {
    "<!-- skip -->\n```python\n```\n": "README.md:1: say why the block is skipped: <!-- skip: reason -->",
    "<!-- skip: -->\n```python\n```\n": "README.md:1: say why the block is skipped: <!-- skip: reason -->",
    "<!-- skip: slow -->\n\n```python\n```\n": "README.md:1: a skip comment stands directly above a block",
    "Text.\n<!-- skip: slow -->": "README.md:2: a skip comment stands directly above a block",
    "Text.\n```python\n1\n": "README.md:2: the block that opens here is never closed",
    "```bash\nls\n```\n": "README.md:1: ```bash is not checked: write ```console",
    "```\nls\n```\n": "README.md:1: ``` is not checked: write ```text",
    "```console\nls\n```\n": "README.md:2: a console block starts with `$ command`",
    "```output\n1\n```\n": "README.md:1: an output block stands directly below the python block it is of",
}


@pytest.mark.parametrize(("markdown", "message"), BROKEN.items(), ids=BROKEN.values())
def test_a_document_that_breaks_the_conventions_says_which(check, markdown: str, message: str):
    with pytest.raises(DocumentError) as error:
        check(markdown)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", ""),
        ("...", ""),
        ("...", "a\nb\n"),
        ("a\n...\nb", "a\nb\n"),
        ("a ... (...)", "a b (c)\n"),
        ("...b", "ab\n"),
        ("a  ", "a\n\n"),
        ("[1.5] + x*", "[1.5] + x*\n"),
    ],
)
def test_dots_match_any_text(expected: str, printed: str):
    assert difference(expected, printed, "here") == ""


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("a...b", "a\nb\n"),
        ("a\n...\nb", "a\nc\n"),
        ("", "a\n"),
        ("a", ""),
        ("[1.5]", "[1x5]\n"),
        ("  a", "a\n"),
        ("...\n...\n...\n...\n...\n...\nz", "a\n" * 40),
    ],
)
def test_dots_match_no_more_than_that(expected: str, printed: str):
    assert difference(expected, printed, "here").startswith("--- here as written\n+++ here as run\n")
