"""Runs the python blocks of one document in one namespace: JSON requests in, JSON replies out."""

import contextlib
import io
import json
import sys
import traceback


def run(source: str, path: str, line: int, namespace: dict[str, object]) -> str:
    """What the block prints; an exception is printed the way Python does it, with the document's own lines."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile("\n" * (line - 1) + source, path, "exec"), namespace)  # noqa: S102 - our own documents
        except SyntaxError as error:
            printed.write("".join(traceback.format_exception_only(error)))
        except Exception as error:
            printed.write("".join(traceback.format_exception(error.with_traceback(own_frames(error)))))
    return printed.getvalue()


def own_frames(error: Exception):
    """The traceback without this file's frame."""
    return error.__traceback__ and error.__traceback__.tb_next


if __name__ == "__main__":
    sys.path[0] = ""
    namespace: dict[str, object] = {"__name__": "__main__"}
    replies = sys.stdout
    for request in sys.stdin:
        replies.write(json.dumps(run(**json.loads(request), namespace=namespace)) + "\n")
        replies.flush()
