"""The I2C bus: bytes to and from an address, and nothing about what they mean.

Short transfers go through the SMBus calls of the kernel rather than I2C_RDWR, because only these notice that a kernel
driver owns the address; on the wire both look the same. Errors of the operating system become the words of
`drivers.base` here and nowhere else.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from drivers.base import BusError, Clock, DriverError, NoAnswerError, SystemClock

DEFAULT_DEVICE = "/dev/i2c-1"
"""The bus on the header of every Raspberry Pi since 2012."""

SMBUS_DATA_BYTES_MAX = 32
"""The longest block of one SMBus call, by the kernel's interface."""

NO_ANSWER = frozenset({errno.EREMOTEIO, errno.ENXIO, errno.EIO})
"""What the adapters' kernel drivers say when an address does not acknowledge; the Pi's says EREMOTEIO."""

_T = TypeVar("_T")


class SMBusLike(Protocol):
    """The methods of `smbus2.SMBus` that are used here."""

    def write_byte(self, i2c_addr: int, value: int) -> None:
        """Send one byte."""

    def read_byte(self, i2c_addr: int) -> int:
        """Receive one byte."""

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: Sequence[int]) -> None:
        """Send `register` and at most 32 bytes."""

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int) -> Sequence[int]:
        """Send `register`, start again, receive at most 32 bytes."""

    def i2c_rdwr(self, *i2c_msgs: Any) -> None:
        """Transfer messages with a repeated start between them."""

    def close(self) -> None:
        """Give the device file back."""


Opener = Callable[[], SMBusLike]


def open_smbus(device: str) -> SMBusLike:
    """Open the device file with smbus2.

    Raises:
        BusError: smbus2 is not installed, or the file is absent or not allowed.
    """
    try:
        from smbus2 import SMBus  # noqa: PLC0415 - a site without I2C need not load it
    except ImportError as error:
        raise BusError(f"{device}: the library smbus2 is not installed") from error
    bus = SMBus()
    try:
        bus.open(device)
    except OSError as error:
        bus.close()  # The file may be open although it is no adapter.
        raise opening_error(device, error) from error
    return bus


def opening_error(device: str, error: OSError) -> BusError:
    """What to say of a device file that cannot be opened."""
    if error.errno in {errno.ENOENT, errno.ENXIO, errno.ENODEV}:
        return BusError(
            f"{device} does not exist; switch I2C on with `raspi-config` (Interface Options) or dtparam=i2c_arm=on in"
            " config.txt, and load i2c-dev"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return BusError(f"{device} may not be opened; the user of this process has to be in the group i2c")
    return BusError(f"{device} cannot be opened: {error}")


def transfer_error(device: str, address: int, error: OSError) -> DriverError:
    """What an error of one transfer means, in the words of `drivers.base`."""
    place = f"{device} address 0x{address:02X}"
    if error.errno in NO_ANSWER:
        return NoAnswerError(f"{place}: no answer; check power, wiring and address")
    if error.errno == errno.ETIMEDOUT:
        return BusError(
            f"{place}: the bus hangs; a part may hold SDA or SCL low, look for a short or a part without power"
        )
    if error.errno == errno.EBUSY:
        return BusError(
            f"{place}: a kernel driver owns this address; remove its dtoverlay from config.txt, or read the part"
            " through the kernel"
        )
    return BusError(f"{place}: {error}")


class I2CBus:
    """One I2C bus, opened on first use and again after it failed.

    Args:
        opener: gives an object with the methods of `smbus2.SMBus`; by default smbus2 on `device`.
        device: the path of the device file; the name of this bus in messages.
        clock: what drivers on this bus wait by.
    """

    def __init__(
        self, opener: Opener | None = None, *, device: str = DEFAULT_DEVICE, clock: Clock | None = None
    ) -> None:
        self.device = device
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or (lambda: open_smbus(device))
        self._library: SMBusLike | None = None

    def write(self, address: int, data: bytes) -> None:
        """Send `data`.

        Raises:
            NoAnswerError: nobody acknowledges.
            BusError: the bus is missing, owned by the kernel, or stuck.
        """
        if len(data) == 1:
            self.transfer(address, lambda bus: bus.write_byte(address, data[0]))
        elif 1 < len(data) <= 1 + SMBUS_DATA_BYTES_MAX:
            self.transfer(address, lambda bus: bus.write_i2c_block_data(address, data[0], list(data[1:])))
        else:
            self.transfer(address, lambda bus: bus.i2c_rdwr(_write_message(address, data)))

    def read(self, address: int, count: int) -> bytes:
        """Receive `count` bytes, with no register sent before.

        Raises:
            NoAnswerError: nobody acknowledges.
            BusError: the bus is missing, owned by the kernel, or stuck.
        """
        if count == 1:
            return bytes([self.transfer(address, lambda bus: bus.read_byte(address))])
        message = _read_message(address, count)
        self.transfer(address, lambda bus: bus.i2c_rdwr(message))
        return bytes(message)

    def read_register(self, address: int, register: int, count: int) -> bytes:
        """Send the register's number, start again without letting the bus go, and receive `count` bytes.

        Raises:
            NoAnswerError: nobody acknowledges.
            BusError: the bus is missing, owned by the kernel, or stuck.
        """
        if count <= SMBUS_DATA_BYTES_MAX:
            return bytes(self.transfer(address, lambda bus: bus.read_i2c_block_data(address, register, count)))
        message = _read_message(address, count)
        self.transfer(address, lambda bus: bus.i2c_rdwr(_write_message(address, bytes([register])), message))
        return bytes(message)

    def write_register(self, address: int, register: int, data: bytes) -> None:
        """Send the register's number and `data` in one go.

        Raises:
            NoAnswerError: nobody acknowledges.
            BusError: the bus is missing, owned by the kernel, or stuck.
        """
        self.write(address, bytes([register]) + data)

    def close(self) -> None:
        """Give the device file back; the next call opens it again. Never raises."""
        library, self._library = self._library, None
        if library is None:
            return
        try:
            library.close()
        except OSError:
            return  # The file is gone, which is what was asked for.

    def transfer(self, address: int, call: Callable[[SMBusLike], _T], device: str = "") -> _T:
        """What `call` gives with the library's object, opened if need be; `device` names the bus in messages.

        Raises:
            NoAnswerError: nobody acknowledges.
            BusError: the bus is missing, owned by the kernel, or stuck.
        """
        if self._library is None:
            self._library = self._open()
        try:
            return call(self._library)
        except OSError as error:
            translated = transfer_error(device or self.device, address, error)
            if isinstance(translated, BusError):
                self.close()
            raise translated from error

    def _open(self) -> SMBusLike:
        try:
            return self._opener()
        except OSError as error:
            raise opening_error(self.device, error) from error


def _write_message(address: int, data: bytes) -> Any:
    from smbus2 import i2c_msg  # noqa: PLC0415 - a site without I2C need not load it

    return i2c_msg.write(address, data)


def _read_message(address: int, count: int) -> Any:
    from smbus2 import i2c_msg  # noqa: PLC0415 - a site without I2C need not load it

    return i2c_msg.read(address, count)
