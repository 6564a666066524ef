"""CIFAR-10 (Krizhevsky 2009) from a folder that a person has, in either of its published layouts.

    cifar-10-batches-bin    data_batch_1.bin ... data_batch_5.bin, test_batch.bin: 10,000 records of a label
                            (a byte) and an image (3,072 bytes: red, green, blue, row by row) each
    cifar-10-batches-py     data_batch_1 ... data_batch_5, test_batch: pickled dictionaries

A pickle may run any program when it is read. These are read by an unpickler that makes arrays, numbers, texts, lists
and dictionaries, and refuses everything else.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from verify.errors import VerifyError

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
RECORD = 1 + PIXELS
CLASSES = 10
TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = ("test_batch",)
FOLDERS = ("cifar-10-batches-bin", "cifar-10-batches-py")

Images = tuple[np.ndarray, np.ndarray]


def read(folder: Path | str, *, train: bool = True) -> Images:
    """Images (N, 3, 32, 32) and labels (N,) as bytes: 50,000 to train on, or 10,000 for tests.

    `folder` holds the files, or one of the published folders that hold them.
    Raises VerifyError for a file that is missing, cut short, or not what it should be.
    """
    place, suffix = _place(Path(folder))
    reader = _binary if suffix else _pickled
    parts = [_read(place / f"{name}{suffix}", reader) for name in (TRAINING if train else TEST)]
    images, labels = (np.concatenate(each) for each in zip(*parts, strict=True))
    return images.reshape(-1, *SHAPE), labels


def _place(folder: Path) -> tuple[Path, str]:
    """The folder that holds the files, and how their names end."""
    if not folder.is_dir():
        raise VerifyError(f"there is no folder {folder}; give the folder of CIFAR-10 with --data")
    for place in (folder, *(folder / name for name in FOLDERS)):
        for suffix in (".bin", ""):
            if any((place / f"{name}{suffix}").is_file() for name in TRAINING + TEST):
                return place, suffix
    raise VerifyError(
        f"{folder} has no CIFAR-10; it should hold {TRAINING[0]}.bin or {TRAINING[0]}, or {' or '.join(FOLDERS)}"
    )


def _read(path: Path, reader: Callable[[Path], Images]) -> Images:
    if not path.is_file():
        raise VerifyError(f"{path.parent} lacks {path.name}; unpack the archive again")
    try:
        images, labels = reader(path)
    except OSError as error:
        raise VerifyError(f"{path} can't be read: {error.strerror}") from None
    if labels.size and labels.max() >= CLASSES:
        first = int(np.argmax(labels >= CLASSES))
        raise VerifyError(f"{path} has the label {labels[first]} at image {first}; CIFAR-10 has 0 to {CLASSES - 1}")
    return images, labels


def _binary(path: Path) -> Images:
    data = np.fromfile(path, np.uint8)
    if not data.size or data.size % RECORD:
        raise VerifyError(
            f"{path} has {data.size} bytes, no whole number of records of {RECORD}: it is cut short, or no CIFAR-10"
        )
    records = data.reshape(-1, RECORD)
    return records[:, 1:], records[:, 0]


def _pickled(path: Path) -> Images:
    found = _unpickled(path)
    if not isinstance(found, Mapping):
        raise VerifyError(f"{path} holds {type(found).__name__}, not the dictionary of a CIFAR-10 batch")
    images, labels = (found.get(name.encode(), found.get(name)) for name in ("data", "labels"))
    images = images.array if isinstance(images, _Array) else np.empty(0)
    if images.shape[1:] != (PIXELS,):
        raise VerifyError(f"{path} has no data of {PIXELS} bytes an image; it is no CIFAR-10 batch")
    if not isinstance(labels, list) or len(labels) != len(images) or not all(map(_small, labels)):
        raise VerifyError(f"{path} has no label for each of its {len(images)} images; it is no CIFAR-10 batch")
    return images, np.array(labels, np.uint8)


def _small(label: Any) -> bool:
    return type(label) is int and 0 <= label < 256


def _unpickled(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return _Arrays(file, encoding="bytes").load()
    except VerifyError as error:
        raise VerifyError(f"{path} {error}") from None
    except (pickle.UnpicklingError, EOFError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise VerifyError(f"{path} is cut short, or no CIFAR-10 batch ({type(error).__name__})") from None
    except (MemoryError, RecursionError, OverflowError) as error:
        raise VerifyError(f"{path} is no CIFAR-10 batch ({type(error).__name__})") from None


class _Arrays(pickle.Unpickler):
    """Makes numpy arrays of bytes, and plain values; any other name in the file is refused before it is imported."""

    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            raise VerifyError(f"asks for {module}.{name}, which no CIFAR-10 batch needs: it was not read")
        return _Maker(known)

    def persistent_load(self, pid: Any) -> Any:
        raise VerifyError("refers to something outside of it: it was not read")


class _Maker:
    """One of `_KNOWN`, made anew for each use: a file may set attributes of what it is given."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self.make = make

    def __call__(self, *args: Any) -> Any:
        return self.make(*args)


class _Byte:
    """The dtype of bytes; what the file says of its order of bytes is of no interest."""

    def __init__(self, kind: Any = None, *_: Any) -> None:
        if kind not in (b"u1", "u1"):
            raise VerifyError("has an array of other things than bytes: it was not read")

    def __setstate__(self, state: Any) -> None:
        pass


class _Array:
    """An array that the next instruction of the file fills, from bytes alone."""

    def __init__(self, *_: Any) -> None:
        self.array = np.empty(0, np.uint8)

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        self.array = _from_bytes(data, dtype, shape, "F" if fortran else "C").array


def _from_bytes(data: Any, dtype: Any, shape: Any, order: Any = "C") -> _Array:
    """How protocol 5 writes an array."""
    _check(shape, dtype, data)
    made = _Array()
    made.array = np.frombuffer(bytes(data), np.uint8).reshape(shape, order="F" if order in ("F", b"F") else "C")
    return made


def _check(shape: Any, dtype: Any, data: Any) -> None:
    if not isinstance(dtype, _Byte) or not isinstance(data, bytes | bytearray) or not isinstance(shape, tuple):
        raise VerifyError("has an array of other things than bytes: it was not read")
    if any(type(size) is not int or size < 0 for size in shape) or math.prod(shape) != len(data):
        raise VerifyError("has an array whose bytes don't fill its shape")


def _text(value: str, encoding: Any = "latin1") -> bytes:
    """How protocols before 3 write bytes."""
    if encoding not in ("latin1", b"latin1"):
        raise VerifyError("has a text in another encoding than latin1: it was not read")
    return value.encode("latin1")


_KNOWN: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.numeric", "_frombuffer"): _from_bytes,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Byte,
    ("_codecs", "encode"): _text,
}
