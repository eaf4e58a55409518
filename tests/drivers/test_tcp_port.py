from __future__ import annotations

import socket
import threading

import pytest

from drivers.base import BusError
from drivers.bus.modbus_line import ModbusBus
from drivers.bus.tcp import open_tcp
from drivers.modbus import encode_read


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address(listener) -> str:
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_bytes_go_both_ways_and_a_wait_has_an_end(listener):
    port = open_tcp(address(listener), 5.0)
    far, _ = listener.accept()
    with far:
        assert port.write(b"ask") == 3
        assert far.recv(3) == b"ask"
        far.sendall(b"answer")
        assert port.read(6) == b"answer"
        port.timeout = 0.0
        assert port.read(1) == b""
        assert port.in_waiting == 0
    port.close()


def test_a_closed_connection_is_an_error(listener):
    port = open_tcp(address(listener), 5.0)
    far, _ = listener.accept()
    far.close()
    with pytest.raises(ConnectionError):
        port.read(1)
    port.close()


@pytest.mark.parametrize("wrong", ["plc", "plc:", "plc:70000", ":x"])
def test_an_address_without_port_is_refused(wrong):
    with pytest.raises(OSError, match="no host:port"):
        open_tcp(wrong, 1.0)


def test_nobody_listening_is_an_error_of_the_bus_that_names_the_place():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = address(taken)
    bus = ModbusBus(device=f"tcp://{where}")
    with pytest.raises(BusError, match=f"tcp://{where} cannot be opened"):
        bus.request(1, encode_read(3, 0, 1), bus.deadline_s())


def test_a_unit_behind_tcp_is_asked_and_the_connection_is_made_again(listener):
    def serve():
        for _ in range(2):
            far, _ = listener.accept()
            with far:
                head = far.recv(12)
                far.sendall(head[:4] + b"\x00\x05\x01\x03\x02\x12\x34")

    thread = threading.Thread(target=serve)
    thread.start()
    bus = ModbusBus(device=f"tcp://{address(listener)}", timeout_s=20.0)
    request = encode_read(3, 0, 1)
    assert bus.request(1, request, bus.deadline_s()) == b"\x12\x34"
    bus.close()
    assert bus.request(1, request, bus.deadline_s()) == b"\x12\x34"
    bus.close()
    thread.join()
