"""What is wrong with a message that could not be decoded, in words for whoever wrote it.

The library's own texts name its types and put the place last; what is not known here is passed on as it is.
"""

from __future__ import annotations

import re

TYPES = {
    "object": "an object",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_PLACE = re.compile(r" - at `(?:key in )?\$\.?(?P<place>[^`]*)`\Z")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_GOT = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`")
_BOUND = re.compile(r"Expected `(?P<wanted>[^`]+)` (?P<bound>(?:of length )?[<>=]+ ?\S+)")
_FORM = re.compile(r"Expected `str` matching regex (?P<form>.+)")
_VALUE = re.compile(r"Invalid (?:enum )?value (?P<found>.+)")
_BROKEN = re.compile(r"JSON is malformed: (?P<what>.+) \(byte (?P<byte>\d+)\)")


def in_words(error: Exception) -> str:
    """What is wrong, and where."""
    text = str(error)
    at = _PLACE.search(text)
    place, text = (at["place"], text[: at.start()]) if at else ("", text)
    if match := _MISSING.fullmatch(text):
        return f"{'.'.join(filter(None, (place, match['field'])))} is missing"
    if match := _BROKEN.fullmatch(text):
        return f"no JSON: {match['what']}, byte {match['byte']}"
    if text == "Input data was truncated":
        return "no JSON: it breaks off"
    said = _said(text)
    return f"{place}: {said}" if place else said


def _said(text: str) -> str:
    if match := _GOT.fullmatch(text):
        return f"found {_types(match['found'])}, allowed {_types(match['wanted'])}"
    if match := _BOUND.fullmatch(text):
        return f"allowed {_types(match['wanted'])} {match['bound']}"
    if match := _FORM.fullmatch(text):
        return f"allowed a text of the form {match['form']}"
    if match := _VALUE.fullmatch(text):
        return f"found {match['found']}, which nobody here knows"
    return text


def _types(names: str) -> str:
    return " or ".join(TYPES.get(name, name) for name in names.split(" | "))
