"""A checksum of a whole file, stored in the file itself.

Neither format detects all damage on its own: a zip archive has checksums of its members but not of its directory, and a
safetensors file has none at all. So our files hold, after a marker, 32 digits: the BLAKE2b hash (128 bits) of the file
with zeros in place of the digits. A file is parsed only if they match; random damage passes with probability 2**-128.
The checksum does not protect against intent: whoever can write the file can also compute the hash.
"""

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
