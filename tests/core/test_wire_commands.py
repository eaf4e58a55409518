"""Responses as AWS IoT Commands takes them."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.wire import CommandResponse, CommandStatus, StatusReason, decode, encode
from gateway.core.wire_commands import as_aws


@pytest.mark.parametrize(("value", "typed"), [(True, {"b": True}), (21.5, {"s": "21.5"}), ("warm", {"s": "warm"})])
def test_a_result_has_its_type(value, typed):
    response = CommandResponse(status=CommandStatus.SUCCEEDED, time=1.0, result={"value": value})
    assert msgspec.json.decode(encode(as_aws(response))) == {"status": "SUCCEEDED", "result": {"value": typed}}


def test_progress_is_a_reason():
    told = as_aws(CommandResponse(status=CommandStatus.IN_PROGRESS, percent=40.0))
    assert told.status_reason == StatusReason("PROGRESS", "40 %")


@given(
    st.sampled_from(CommandStatus),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(-1e9, 1e9) | st.booleans() | st.text(),
)
def test_it_holds_nothing_that_is_unknown_there(status, percent, value):
    response = CommandResponse(status=status, time=1.0, percent=percent, execution_id="x",
                               result=None if value is None else {"value": value})  # fmt: skip
    told = msgspec.json.decode(encode(as_aws(response)))
    assert told.keys() <= {"status", "statusReason", "result"}
    if "statusReason" in told:
        assert re.fullmatch("[A-Z0-9_-]{1,64}", told["statusReason"]["reasonCode"])
    assert decode(encode(as_aws(response)), CommandResponse).status is status
