"""A library's module that is loaded only when it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]
ASK = "print('http.client' in sys.modules, type(sys.modules.get('urllib.request')).__name__)"


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_link_does_not_load_what_only_a_proxy_needs():
    """Paho is the reason: should it begin to use the module at once, this is the place that tells."""
    assert run_python(f"import sys, gateway.cloud.link; {ASK}") == ["False NoneType"]


def test_the_library_gets_the_real_module_when_it_asks():
    code = "import sys, gateway.cloud.link, paho.mqtt.client as paho;"
    said = run_python(
        f"{code} print(paho.urllib.request.proxy_bypass('x'), 'mqtt' in paho.urllib.request.getproxies())"
    )
    assert said in (["0 False"], ["False False"])


def test_paho_finds_a_proxy_in_the_environment_as_ever():
    """With PySocks, which makes paho look for one."""
    code = """
import os, sys, types
os.environ["mqtt_proxy"] = "http://proxy.example:3128"
sys.modules["socks"] = types.SimpleNamespace(HTTP=3, SOCKS4=1, SOCKS5=2, get_default_proxy=lambda: None)
import gateway.cloud.link
from paho.mqtt.client import CallbackAPIVersion, Client
client = Client(CallbackAPIVersion.VERSION2)
client._host = "broker.example"
print(client._get_proxy()["proxy_addr"])
"""
    assert run_python(code) == ["proxy.example"]


def test_an_import_afterwards_loads_the_real_module():
    code = "import sys, gateway.cloud.link; import urllib.request; print(urllib.request.Request.__module__);"
    assert run_python(code + ASK) == ["urllib.request", "True module"]


def test_an_import_of_a_name_inside_loads_the_real_module():
    code = """
import sys
from gateway.cloud.deferred import deferred
with deferred("urllib.request"):
    from urllib.request import Request
print(Request.__module__)
"""
    assert run_python(code + ASK) == ["urllib.request", "True module"]


def test_one_that_is_loaded_already_is_left_alone():
    code = (
        "import sys, urllib.request; real = urllib.request; import gateway.cloud.link; print(real is urllib.request);"
    )
    assert run_python(code + ASK) == ["True", "True module"]


def test_a_name_that_the_module_does_not_have_is_told_as_ever():
    code = "import gateway.cloud.link, urllib; print(*(hasattr(urllib.request, name) for name in ('none', 'urlopen')))"
    assert run_python(code) == ["False True"]


def test_an_error_inside_leaves_no_stand_in():
    code = """
import sys
from gateway.cloud.deferred import deferred
try:
    with deferred("urllib.request"):
        raise ImportError
except ImportError:
    print("urllib.request" in sys.modules)
"""
    assert run_python(code) == ["False"]
