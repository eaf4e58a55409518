"""Laws of the whole room, for any file."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import check, load
from gateway.errors import ConfigError
from tests.config.samples import GOOD, problems_of, read
from tests.config.site_text import as_yaml
from tests.config.sites import sites

PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ": ",
        ", ",
        "\n",
        "  ",
        "-",
        "#",
        "'",
        '"',
        "&a",
        "*a",
        "!",
        "0x44",
        "no",
        "1s",
        "channels",
        "é",
        "\t",
    ]
)
LINES = GOOD.splitlines(keepends=True)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_what_a_site_is_written_as_is_read_back_as_that_site(site):
    found, problems = read(as_yaml(site))
    assert problems == []
    assert found == site


def loaded(path):
    try:
        return load(path)
    except ConfigError as error:
        return str(error)


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_file_is_a_site_or_a_config_error(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(content)
    problems = check(file)
    found = loaded(file)
    assert isinstance(found, str) == bool(problems)
    if problems:
        assert found == "\n".join(map(str, problems))


@given(place=st.integers(0, len(GOOD)), cut=st.integers(0, 12), pieces=st.lists(PIECES, max_size=3))
def test_a_damaged_file_is_a_site_or_problems_with_places(place, cut, pieces):
    text = GOOD[:place] + "".join(pieces) + GOOD[place + cut :]
    n_lines = text.count("\n") + 1
    for line in problems_of(text):
        file, row, column, _ = line.split(":", 3)
        assert file == "site.yaml"
        assert 1 <= int(row) <= n_lines + 1
        assert int(column) >= 1
        assert line.isprintable()


@given(st.permutations(LINES), st.integers(0, len(LINES)))
def test_lines_in_any_order_are_a_site_or_problems(lines, count):
    problems_of("".join(lines[:count]))
