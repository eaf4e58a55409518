"""The words after `edgetwin`, and what the daemon's command does before and after its work."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from gateway.cli import COMMANDS, main
from gateway.cli.run import EXIT_CONFIGURATION
from gateway.core.version import VERSION
from tests.mosquitto import free_port

SITE = """
gateway: gw
link: {{host: 127.0.0.1, port: {port}}}
store: {{directory: {folder}/store, runtime_directory: {folder}/run}}
buses: {{header: {{kind: gpio, simulated: true}}}}
devices: {{heater: {{driver: digital_output, bus: header, pin: 27, safe: {{on: false}}}}}}
"""


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE.format(folder=tmp_path, port=free_port()))
    return file


def test_a_key_that_is_not_there_is_a_mistake_of_the_configuration(site, capsys):
    with site.open("a") as file:
        file.write("commands: {require_signature: true, keys: {ops: nowhere.pub}}\n")
    assert main(["run", "--config", str(site)]) == EXIT_CONFIGURATION
    assert "commands.keys.ops: nowhere.pub" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version(word, capsys):
    assert main([word]) == 0
    assert capsys.readouterr().out == f"edgetwin {VERSION}\n"


@pytest.mark.parametrize(("words", "status"), [(["--help"], 0), (["-h"], 0), ([], 2)])
def test_the_help_names_every_command_in_lines_that_fit(words, status, capsys):
    assert main(words) == status
    shown = capsys.readouterr().out
    assert all(f"\n  {name}" in shown for name in COMMANDS)
    assert max(map(len, shown.splitlines())) <= 80


def test_an_unknown_command_is_answered_with_those_that_there_are(capsys):
    assert main(["start"]) == 2
    said = capsys.readouterr().err
    assert "'start'" in said
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capfd):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"edgetwin {command}" in capfd.readouterr().out


@pytest.mark.parametrize("words", [["run"], ["run", "--config"], ["status", "--what"], ["safe"]])
def test_words_that_make_no_sense_are_status_2(words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


@pytest.mark.parametrize("text", ["", "gateway: [", "gateway: gw\nsurprise: 1\n", "gateway: '!'\n", "\x00"])
def test_a_bad_configuration_is_status_78_and_says_where(tmp_path, capfd, text):
    """The service manager does not try again before somebody has changed it (EX_CONFIG of sysexits)."""
    file = tmp_path / "site.yaml"
    file.write_text(text)
    assert main(["run", "--config", str(file)]) == EXIT_CONFIGURATION == 78
    assert "site.yaml" in capfd.readouterr().err


def test_a_configuration_that_is_not_there_is_status_78(tmp_path, capfd):
    assert main(["run", "--config", str(tmp_path / "none.yaml")]) == 78
    assert "none.yaml" in capfd.readouterr().err


def test_a_bad_configuration_is_told_before_anything_heavy_is_loaded(tmp_path):
    """A typo is told at once, on a small board too."""
    code = (
        "import sys; from gateway.cli import main; main(['run', '--config', sys.argv[1]]);"
        "print([name for name in ('aiomqtt', 'aiosqlite', 'gateway.app.run', 'gpiozero') if name in sys.modules])"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "none.yaml")]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_store_that_cannot_be_used_is_status_1_with_a_hint(site, tmp_path, capsys):
    (tmp_path / "store").write_text("a file where a directory should be")
    assert main(["run", "--config", str(site)]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}/store" in said
    assert "store.directory" in said


def test_the_daemon_runs_until_it_is_told_to_stop(site):
    words = [sys.executable, "-m", "gateway", "run", "--config", str(site)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as daemon:
        said = []
        for line in daemon.stderr:
            said.append(line)
            if "event=running" in line:
                daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
    assert "event=stopped" in said[-1]
    assert not any("Traceback" in line for line in said)
