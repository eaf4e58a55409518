"""The preset for AWS IoT Core: what it changes, and every contradiction told with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import check, load
from gateway.core.settings import Acknowledge, Cloud, LinkSettings
from tests.config.samples import problems_of, read

AWS = Path(__file__).parents[2] / "config" / "aws.yaml"


def site(link="", cloud="aws"):
    """A file with nothing but a cloud and a link."""
    return f"gateway: gw\ncloud: {cloud}\nlink: {{tls: {{}}, {link}}}\n"


def link_of(text):
    found, problems = read(text)
    assert problems == []
    return found.link


def test_without_a_word_nothing_changes():
    found, _ = read("gateway: gw\n")
    assert (found.cloud, found.link) == (Cloud.EDGETWIN, LinkSettings())
    assert (found.link.shadows_under, found.link.telemetry_topic("gw")) == ("edgetwin", "edgetwin/things/gw/telemetry")


def test_with_aws_shadows_and_commands_are_reserved_and_all_else_is_not():
    link = link_of(site())
    assert (link.prefix, link.shadows_under) == ("edgetwin", "$aws")
    assert link.telemetry_topic("gw") == "edgetwin/things/gw/telemetry"
    assert link.acknowledge is Acknowledge.BROKER
    assert (link.compress, link.dictionary, link.needs_subscriber) == (False, False, False)


def test_the_defaults_hold_where_the_file_has_no_link():
    assert link_of("gateway: gw\ncloud: aws\n").shadows_under == "$aws"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2"])
def test_a_broker_on_this_machine_needs_no_encryption(host):
    assert link_of(f"gateway: gw\ncloud: aws\nlink: {{host: {host}}}\n").tls is None


def test_what_the_file_says_is_kept():
    link = link_of(site("acknowledge: broker, compress: true, needs_subscriber: true, shadow_prefix: $aws"))
    assert (link.compress, link.needs_subscriber) == (True, True)


@pytest.mark.parametrize(
    ("telemetry", "topic"),
    [
        ("$aws/rules/plant", "$aws/rules/plant"),
        ("$aws/rules/plant/{gateway}/tele", "$aws/rules/plant/gw/tele"),
        ("$aws/rules/plant/1/2/3/4/5/6/7/8", "$aws/rules/plant/1/2/3/4/5/6/7/8"),
        ("plant/{gateway}", "plant/gw"),
        ("1/2/3/4/5/6/7/8", "1/2/3/4/5/6/7/8"),
    ],
)
def test_readings_go_to_a_topic_of_ones_own_or_straight_to_a_rule(telemetry, topic):
    assert link_of(site(f"telemetry: '{telemetry}'")).telemetry_topic("gw") == topic


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (
            "prefix: $aws",
            "link.prefix: found '$aws', but with cloud: aws it must not begin with '$'; birth and last will",
        ),
        ("prefix: a/b/c/d/e/f", "link.prefix: found 'a/b/c/d/e/f', with cloud: aws allowed at most 4 slashes"),
        (
            "shadow_prefix: mine",
            "link.shadow_prefix: found 'mine', but with cloud: aws shadows are under $aws; remove it",
        ),
        ("acknowledge: twin", "link.acknowledge: found twin, but with cloud: aws nobody acknowledges readings but the"),
        ("encoding: cbor", "link.encoding: found cbor, but with cloud: aws nobody says that it reads that"),
        ("keepalive: 10s", "link.keepalive: found 10s, with cloud: aws allowed 30s to 20m"),
        ("keepalive: 30m", "link.keepalive: found 30m, with cloud: aws allowed 30s to 20m"),
        ("batch_bytes: 200kB", "link.batch_bytes: found 200000, with cloud: aws allowed at most 120000"),
        (
            "telemetry: $aws/things/x",
            "link.telemetry: found '$aws/things/x', with cloud: aws allowed a topic of your own",
        ),
        (
            "telemetry: $aws/rules",
            "link.telemetry: found '$aws/rules', with cloud: aws allowed a topic of your own, or",
        ),
        ("telemetry: $SYS/x", "link.telemetry: found '$SYS/x', with cloud: aws allowed a topic of your own"),
        ("telemetry: 1/2/3/4/5/6/7/8/9", "with cloud: aws allowed at most 7 slashes and 256 bytes"),
        ("telemetry: $aws/rules/r/1/2/3/4/5/6/7/8/9", "with cloud: aws allowed at most 7 slashes and 256 bytes"),
        ("telemetry: a/+", "link.telemetry: found 'a/+', allowed a topic without wildcards"),
    ],
)
def test_a_contradiction_is_told_with_its_place_and_what_is_allowed(link, problem):
    assert any(problem in one for one in problems_of(site(link)))


def test_another_machine_is_not_spoken_to_in_the_open():
    (problem,) = problems_of("gateway: gw\ncloud: aws\nlink: {host: example.com}\n")
    assert "link.host: the connection to 'example.com' has no 'link.tls', which cloud: aws asks for" in problem


@pytest.mark.parametrize("link", ["prefix: $aws", "acknowledge: twin", "keepalive: 10s", "shadow_prefix: mine"])
def test_without_aws_the_same_is_no_mistake(link):
    assert problems_of(site(link, "edgetwin")) == []


def test_an_unknown_cloud_is_told():
    assert "cloud: found 'azure', allowed edgetwin, aws" in problems_of("gateway: gw\ncloud: azure\n")[0]


def test_the_example_is_good_and_uses_the_preset():
    assert check(AWS) == []
    found = load(AWS)
    assert found.cloud is Cloud.AWS
    assert found.link.telemetry_topic(found.gateway) == "$aws/rules/plant/greenhouse-1"
