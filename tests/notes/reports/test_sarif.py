"""SARIF 2.1.0: the structure that the standard asks for, and regions that hold what they should."""

import json
from urllib.parse import unquote

import pytest

from derive.notes.reports.sarif import of_documents, region
from tests.notes.reports.made import one
from tests.notes.reports.notes import GUISES, note

LEVELS = {"none", "note", "warning", "error"}


def run(*documents, errors=(), version=""):
    value = json.loads(json.dumps(of_documents(documents, errors, version), allow_nan=False))
    assert value["version"] == "2.1.0" and value["$schema"].endswith("sarif-schema-2.1.0.json")
    (only,) = value["runs"]
    sound(only)
    return only


def sound(run):
    """What sections 3.14 to 3.59 of the standard ask of the parts that are used."""
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] and run["columnKind"] == "utf16CodeUnits"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        assert all(each["message"]["text"] for each in invocation["toolExecutionNotifications"])
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS and result["message"]["text"]
        for location in result["locations"]:
            well_placed(location["physicalLocation"])
        for fix in result.get("fixes", ()):
            assert fix["description"]["text"]
            for change in fix["artifactChanges"]:
                assert change["artifactLocation"]["uri"] and change["replacements"]
                assert all(ordered(each["deletedRegion"]) for each in change["replacements"])


def well_placed(location):
    uri = location["artifactLocation"]["uri"]
    assert uri and not set(uri) & set(' \\<>"{}|^`') and uri.isascii()
    if "region" in location:
        assert ordered(location["region"])


def ordered(region):
    start = region["startLine"], region["startColumn"]
    return start[0] >= 1 and start[1] >= 1 and start <= (region["endLine"], region["endColumn"])


def units(line):
    """A line as the numbers of its units in UTF-16."""
    data = line.encode("utf-16-be")
    return [data[place : place + 2] for place in range(0, len(data), 2)]


@pytest.mark.parametrize("guise", GUISES)
def test_regions_hold_the_sign_in_units_of_utf_16(guise):
    document = note(*GUISES[guise])
    results = run(document)["results"]
    assert [result["ruleId"] for result in results] == ["refuted", "refuted"]
    for result in results:
        (location,) = result["locations"]
        if "notebook" in guise:
            assert location["logicalLocations"][0]["name"].startswith("cell 2:")
        found = location["physicalLocation"]["region"]
        line = units(GUISES[guise][0].split("\n")[found["startLine"] - 1])
        assert b"".join(line[found["startColumn"] - 1 : found["endColumn"] - 1]).decode("utf-16-be") == "="


def test_a_letter_outside_of_the_basic_plane_has_two_units():
    document = note("😀 $$1 = 2$$")
    (result,) = run(document)["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 8


def test_a_fix_makes_the_file_true():
    document = one("1 + 1 = 0", "+", "-", "> 😀 分 ")
    (result,) = run(document)["results"]
    ((change,),) = [fix["artifactChanges"] for fix in result["fixes"]]
    (replacement,) = change["replacements"]
    cut = replacement["deletedRegion"]
    line = units(document.line(cut["startLine"]))
    before, after = line[: cut["startColumn"] - 1], line[cut["endColumn"] - 1 :]
    mended = (b"".join(before).decode("utf-16-be"), b"".join(after).decode("utf-16-be"))
    assert replacement["insertedContent"]["text"].join(mended) == "> 😀 分 $$1 - 1 = 0$$"


def test_names_of_files_become_uris(tmp_path):
    relative = run(note("$$1 = 2$$", name="notes/β 1"))["results"][0]
    uri = relative["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == "notes/β 1.md" and "%20" in uri
    absolute = run(note("$$1 = 2$$", name=str(tmp_path / "a")))["results"][0]
    assert absolute["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///")


def test_what_could_not_be_opened_is_said():
    only = run(errors=[("gone.md", "gone.md can't be opened")])
    assert only["results"] == [] and not only["invocations"][0]["executionSuccessful"]
    assert run(note("$$1 = 1$$"))["invocations"][0]["executionSuccessful"]


def test_all_levels():
    text = "$$1 = 2$$\n\n$$q = 3 q + 1$$\n\n$$\\frac{a}{b = c$$\n\n$$1 + 1 = 2\n"
    results = run(note(text), version="1.2")["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [
        *(("refuted", "error"), ("undecided", "note"), ("unread", "note"), ("warning", "warning")),
    ]


def test_regions_of_several_lines():
    document = note("$$\n1\n= 2\n$$")
    from derive.notes.reports.findings import whole

    assert region(document, whole(document.found[0])) == {
        **{"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 4},
    }
