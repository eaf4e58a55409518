"""The Modbus master of one line: a serial one with several units (RTU), or a TCP connection.

The framing is our own: it is small, it waits only within limits that it is given, and it is tested byte by byte.
"""

from __future__ import annotations

from drivers.base import BusError, ChecksumError, Clock, NoAnswerError
from drivers.bus.serial_port import DEFAULT_DEVICE, DEFAULT_TIMEOUT_S, Opener, SerialBus, open_port
from drivers.bus.tcp import open_tcp
from drivers.modbus import (
    HEAD_BYTES,
    TCP_HEAD_BYTES,
    check_answer,
    decode_rtu,
    decode_tcp_head,
    encode_rtu,
    encode_tcp,
    is_read,
    rtu_bytes,
)

TCP, RTU_OVER_TCP = "tcp://", "rtu+tcp://"
"""What a device begins with that is no serial port."""

ANSWER_S = 1.0
"""The longest that a unit may take for an answer."""
SHARE = 0.8
"""How much of the bus's own limit all requests of one call may take: a slow unit is no hung bus."""
CHARACTER_BITS = 11
GAP_CHARACTERS, GAP_S_MIN = 3.5, 0.00175
"""The silence before a frame (Modbus over serial line V1.02, section 2.5.1.1)."""
NOISE_ROUNDS = 20
"""So often the line is heard for a gap after an error; one that never falls silent is none of ours to wait for."""


class ModbusBus:
    """The master of one line. Opened on first use and again after it failed.

    Args:
        opener: gives an object with the methods of `serial.Serial`; by default a port or connection to `device`.
        device: a serial port; `tcp://host:502`; or `rtu+tcp://host:port` for a serial server that passes frames on.
        baud: bits per second of the serial line.
        parity: of the serial line, `none`, `even` or `odd`.
        timeout_s: the longest that all requests of one call of a driver may take.
        clock: what waits go by.
    """

    def __init__(
        self,
        opener: Opener | None = None,
        *,
        device: str = DEFAULT_DEVICE,
        baud: int = 9600,
        parity: str = "none",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock | None = None,
    ) -> None:
        self.device = device
        self.timeout_s = timeout_s
        self._is_tcp = device.startswith(TCP)
        address = device.removeprefix(TCP).removeprefix(RTU_OVER_TCP)
        default: Opener = lambda: open_port(device, baud, timeout_s, parity)  # noqa: E731 - as its sibling below
        if address != device:
            default = lambda: open_tcp(address, SHARE * timeout_s)  # noqa: E731
        self._line = SerialBus(opener or default, device=device, timeout_s=timeout_s, clock=clock)
        self.clock = self._line.clock
        self._gap_s = max(GAP_S_MIN, GAP_CHARACTERS * CHARACTER_BITS / baud)
        self._quiet_s = float("-inf")
        """From when on the next frame may be sent."""
        self._echoes = False
        """Whether the adapter hears what it sends itself."""
        self._transaction = 0

    def deadline_s(self) -> float:
        """By when, on the bus's clock, a call that begins now has to have its answers."""
        return self.clock.now_s() + SHARE * self.timeout_s

    def request(self, unit: int, pdu: bytes, deadline_s: float) -> bytes:
        """Send a request and return the bytes of values in its answer. A disturbed answer to a read is asked for again.

        Args:
            unit: the unit's number.
            pdu: the request, as from `drivers.modbus`.
            deadline_s: from `deadline_s()`, for all requests of one call.

        Raises:
            WrongPartError: the unit has no such register.
            BadValueError: the unit does not take the value.
            NoAnswerError: the unit is silent, busy or too slow.
            ChecksumError: its answer was disturbed.
            BusError: the line does not work.
        """
        place = f"{self.device} unit {unit}"
        exchange = self._over_tcp if self._is_tcp else self._over_serial
        try:
            return check_answer(pdu, exchange(unit, pdu, deadline_s, place), place)
        except ChecksumError:
            if not is_read(pdu) or self.clock.now_s() >= deadline_s:
                raise
            return check_answer(pdu, exchange(unit, pdu, deadline_s, place), place)

    def close(self) -> None:
        """Give the line back; the next call opens it again. Never raises."""
        self._line.close()

    def _over_serial(self, unit: int, pdu: bytes, deadline_s: float, place: str) -> bytes:
        sent = encode_rtu(unit, pdu)
        self.clock.sleep(max(0.0, self._quiet_s - self.clock.now_s()))
        self._line.drain()
        until_s = self._until(deadline_s, place)
        self._line.write(sent)
        try:
            return decode_rtu(unit, self._frame(sent, until_s, is_read(pdu), place), place)
        except (ChecksumError, NoAnswerError):
            self._settle()
            raise
        finally:
            self._quiet_s = self.clock.now_s() + self._gap_s

    def _frame(self, sent: bytes, until_s: float, telling: bool, place: str) -> bytes:
        """The answer's frame. `telling`: it cannot look like what was sent, so that an echo is known from it."""
        head = self._take(HEAD_BYTES, until_s)
        if head and head == sent[:HEAD_BYTES] and (telling or self._echoes):
            rest = self._take(len(sent) - HEAD_BYTES, until_s)
            self._echoes = head + rest == sent
            head = self._take(HEAD_BYTES, until_s) if self._echoes else head + rest
        elif telling and head:
            self._echoes = False
        if not head:
            raise NoAnswerError(f"{place}: no answer; check power, A and B, the unit's number and the baud rate")
        length = rtu_bytes(head) if len(head) >= HEAD_BYTES else None
        if length is None:
            raise ChecksumError(f"{place}: {head.hex()} is no answer; check baud, parity and the ends of the line")
        return head[:length] + self._take(length - len(head), until_s)

    def _over_tcp(self, unit: int, pdu: bytes, deadline_s: float, place: str) -> bytes:
        self._transaction = (self._transaction + 1) & 0xFFFF
        until_s = self._until(deadline_s, place)
        self._line.drain()
        self._line.write(encode_tcp(self._transaction, unit, pdu))
        while self.clock.now_s() < until_s:
            head = self._take(TCP_HEAD_BYTES, until_s)
            if len(head) < TCP_HEAD_BYTES:
                break
            try:
                transaction, answering, count = decode_tcp_head(head)
            except ChecksumError as error:
                self.close()
                raise BusError(f"{self.device}: {error}") from error
            body = self._take(count, until_s)
            if len(body) == count and (transaction, answering) == (self._transaction, unit):
                return body  # Others are answers that came too late for their requests.
        self.close()  # What comes later on this connection would be taken for something else.
        raise NoAnswerError(f"{place}: no answer; check that the unit is there")

    def _take(self, count: int, until_s: float) -> bytes:
        return self._line.read(count, until_s - self.clock.now_s()) if count > 0 else b""

    def _until(self, deadline_s: float, place: str) -> float:
        now_s = self.clock.now_s()
        if now_s >= deadline_s:
            raise NoAnswerError(f"{place}: too slow for {self.timeout_s:g} s; raise the bus's timeout")
        return min(deadline_s, now_s + ANSWER_S)

    def _settle(self) -> None:
        """Hear the line until it is silent, so that what is still coming is not taken for the next answer."""
        for _ in range(NOISE_ROUNDS):
            self.clock.sleep(self._gap_s)
            if not self._line.drain():
                return
