"""A checksum of a whole file, stored in the file: docs/saving.md says where, and docs/design.md why it is needed."""

from hashlib import blake2b

BLANK = b"0" * 32


def put(data: bytearray, place: int) -> None:
    """Write the digits over the `BLANK` at a position."""
    data[place : place + len(BLANK)] = _digits(data, place)


def is_intact(data: bytes, place: int) -> bool:
    """Whether the digits at a position match the data."""
    return data[place : place + len(BLANK)] == _digits(data, place)


def _digits(data: bytes | bytearray, place: int) -> bytes:
    view = memoryview(data)
    digest = blake2b(view[:place], digest_size=len(BLANK) // 2)
    digest.update(BLANK)
    digest.update(view[place + len(BLANK) :])
    return digest.hexdigest().encode()
