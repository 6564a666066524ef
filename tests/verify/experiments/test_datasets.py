"""The images: the digits, CIFAR-10 in both layouts, and files that are not what they should be."""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from verify.errors import VerifyError
from verify.experiments import cifar10 as files
from verify.experiments.datasets import cifar10, dataset, digits, standardized

COUNT = 6
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 3072), dtype=np.uint8)
LABELS = [3, 9, 0, 5, 5, 1]


def test_digits() -> None:
    found = dataset("digits")
    assert found.images.shape == (1797, 1, 8, 8) and found.images.dtype == torch.float32
    assert found.labels.dtype == torch.int64 and set(found.labels.tolist()) == set(range(found.classes))
    assert abs(float(found.images.double().mean())) < 1e-6
    assert abs(float(found.images.double().var(correction=0)) - 1) < 1e-5


def test_batches_are_drawn_without_replacement_and_by_the_seed() -> None:
    found = digits()
    images, labels = found.batch(torch.Generator().manual_seed(1), 1797)
    assert sorted(labels.tolist()) == sorted(found.labels.tolist()) and not torch.equal(labels, found.labels)
    again, _ = found.batch(torch.Generator().manual_seed(1), 40)
    assert torch.equal(again, images[:40])
    for place in range(5):
        same = (found.images == images[place]).flatten(1).all(1)
        assert labels[place] in found.labels[same]


@pytest.mark.parametrize("size", [0, -1, 1798])
def test_a_batch_of_a_size_that_there_is_not(size: int) -> None:
    with pytest.raises(VerifyError, match="1797 samples"):
        digits().batch(torch.Generator(), size)


def test_a_constant_channel_is_zero() -> None:
    images = torch.full((3, 2, 4, 4), 0.1)
    images[:, 1] = torch.arange(48.0).view(3, 4, 4)
    found = standardized(images)
    assert (found[:, 0] == 0).all() and found[:, 1].isfinite().all()
    assert torch.allclose(found[:, 1].var(correction=0), torch.tensor(1.0))


def python_2() -> bytes:
    """A batch as it was published: protocol 2 of Python 2, whose texts are bytes."""

    def short(text: bytes) -> bytes:
        return b"U" + bytes([len(text)]) + text

    raw = IMAGES.tobytes()
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + short(b"b") + b"\x87R"
    dtype = b"cnumpy\ndtype\n" + short(b"u1") + b"K\x00K\x01\x87R(K\x03" + short(b"|")
    dtype += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    shape = b"(K\x01K" + bytes([COUNT]) + b"M\x00\x0c\x86"
    array += shape + dtype + b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in LABELS) + b"e"
    return b"\x80\x02}(" + short(b"data") + array + short(b"labels") + labels + b"u."


def pickled(protocol: int = 2, **changes: object) -> bytes:
    batch = {"batch_label": "training batch", "data": IMAGES, "labels": LABELS, "filenames": ["a.png"], **changes}
    return pickle.dumps(batch, protocol=protocol)


def binary() -> bytes:
    return b"".join(bytes([label]) + image.tobytes() for label, image in zip(LABELS, IMAGES, strict=True))


def folder(path: Path, content: bytes, suffix: str = "") -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name in files.TRAINING + files.TEST:
        (path / f"{name}{suffix}").write_bytes(content)
    return path


CONTENTS = {
    "published": (python_2(), ""),
    **{f"protocol {protocol}": (pickled(protocol), "") for protocol in range(6)},
    "fortran order": (pickled(2, data=np.asfortranarray(IMAGES)), ""),
    "binary": (binary(), ".bin"),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_both_layouts(kind: str, tmp_path: Path) -> None:
    place = folder(tmp_path, *CONTENTS[kind])
    images, labels = files.read(place)
    assert images.shape == (5 * COUNT, 3, 32, 32) and images.dtype == np.uint8
    assert np.array_equal(images[COUNT : 2 * COUNT].reshape(COUNT, -1), IMAGES)
    assert labels.tolist() == 5 * LABELS
    assert files.read(place, train=False)[1].tolist() == LABELS


@pytest.mark.parametrize(("name", "kind"), [(files.FOLDERS[0], "binary"), (files.FOLDERS[1], "published")])
def test_the_folder_that_holds_the_folder(name: str, kind: str, tmp_path: Path) -> None:
    folder(tmp_path / name, *CONTENTS[kind])
    found = cifar10(tmp_path)
    assert found.images.shape == (5 * COUNT, 3, 32, 32) and found.classes == 10
    assert torch.allclose(found.images.mean((0, 2, 3)), torch.zeros(3), atol=1e-6)
    red = torch.tensor(IMAGES[0, :1024].reshape(32, 32), dtype=torch.float32)
    assert torch.corrcoef(torch.stack([red.flatten(), found.images[0, 0].flatten()]))[0, 1] > 0.999


def test_names_of_images() -> None:
    with pytest.raises(VerifyError, match="no images called 'mnist'; there are digits and cifar10"):
        dataset("mnist")
    with pytest.raises(VerifyError, match="give the folder that holds it with --data"):
        dataset("cifar10")
    with pytest.raises(VerifyError, match="the digits come with scikit-learn"):
        dataset("digits", "somewhere")


def bad(path: Path, content: bytes, suffix: str = "") -> str:
    """What is said where the second file has this content."""
    folder(path, CONTENTS["binary" if suffix else "published"][0], suffix)
    (path / f"data_batch_2{suffix}").write_bytes(content)
    with pytest.raises(VerifyError) as error:
        files.read(path)
    message = str(error.value)
    assert f"data_batch_2{suffix}" in message and "\n" not in message
    return message


class Call:
    """Runs a program when it is unpickled."""

    def __init__(self, function: object, *args: object) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple:
        return self.call


HOSTILE = {
    "a command": b"cos\nsystem\n(S'touch owned'\ntR.",
    "a builtin": b'cbuiltins\neval\n(S\'open("owned", "w")\'\ntR.',
    "in the data": pickled(2, data=Call(Path.write_text, Path("owned"), "x")),
    "in the labels": pickled(4, labels=Call(exec, "open('owned', 'w')")),
    "by nested names": pickled(4, labels=Call(np.ndarray.tofile, IMAGES, "owned")),
    "numpy's loader": pickled(2, data=Call(np.load, "owned", None, True)),
    "objects in an array": pickled(2, data=np.array([Call(exec, "open('owned', 'w')")], dtype=object)),
    "a persistent id": b"Powned\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "attributes of what is known": b"\x80\x02cnumpy\ndtype\n}X\x04\x00\x00\x00makeK\x01s\x86b.",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pickle_is_not_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = bad(tmp_path / "data", HOSTILE[kind])
    assert not list(tmp_path.glob("owned"))
    assert any(text in said for text in ("it was not read", "no CIFAR-10 batch"))


def test_the_attack_of_the_tests_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read without care, the first of them does its damage: the tests above could fail."""
    monkeypatch.chdir(tmp_path)
    pickle.loads(HOSTILE["a command"])
    assert (tmp_path / "owned").exists()
    files.read(folder(tmp_path / "data", *CONTENTS["published"]))


PICKLES = {
    "cut short": (python_2()[:-2000], "cut short"),
    "empty": (b"", "cut short"),
    "text": (b"not a pickle", "no CIFAR-10 batch"),
    "a list": (pickle.dumps([1, 2]), "holds list"),
    "no data": (pickled(data=3), "no data of 3072 bytes an image"),
    "other data": (pickled(data=IMAGES[:, :100].copy()), "no data of 3072 bytes an image"),
    "floats": (pickled(data=IMAGES.astype(np.float32)), "other things than bytes"),
    "fewer labels": (pickled(labels=LABELS[:2]), "no label for each of its 6 images"),
    "labels of truth": (pickled(labels=[True] * COUNT), "no label for each"),
    "a negative label": (pickled(labels=[-1] * COUNT), "no label for each"),
    "a label too large": (pickled(labels=[1, 2, 10, 3, 4, 5]), "has the label 10 at image 2; CIFAR-10 has 0 to 9"),
}


@pytest.mark.parametrize("kind", PICKLES)
def test_a_wrong_pickle(kind: str, tmp_path: Path) -> None:
    content, message = PICKLES[kind]
    assert message in bad(tmp_path, content)


def test_an_array_that_its_bytes_do_not_fill(tmp_path: Path) -> None:
    content = python_2().replace(b"M\x00\x0c\x86", b"M\x00\x0f\x86")
    assert "don't fill its shape" in bad(tmp_path, content)


BINARIES = {
    "cut short": (binary()[:-1], "no whole number of records of 3073: it is cut short"),
    "empty": (b"", "has 0 bytes"),
    "a label too large": (binary()[:-3073] + bytes([77]) + bytes(3072), "has the label 77 at image 5"),
}


@pytest.mark.parametrize("kind", BINARIES)
def test_a_wrong_binary_file(kind: str, tmp_path: Path) -> None:
    content, message = BINARIES[kind]
    assert message in bad(tmp_path, content, ".bin")


def test_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match="there is no folder"):
        files.read(tmp_path / "nowhere")
    with pytest.raises(VerifyError, match="has no CIFAR-10; it should hold"):
        files.read(tmp_path)
    folder(tmp_path, *CONTENTS["binary"])
    (tmp_path / "data_batch_4.bin").unlink()
    with pytest.raises(VerifyError, match=r"lacks data_batch_4\.bin"):
        files.read(tmp_path)
