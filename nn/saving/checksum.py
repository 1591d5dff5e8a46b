"""A checksum over a whole file that lies in the file itself.

Neither format is safe against damage on its own: a zip archive has checksums of its members, but not of its directory,
and a safetensors file has none at all. So a file of ours holds, behind a mark, 32 digits: the BLAKE2b hash (128 bits)
of the file with zeros in the place of the digits. A file is parsed only when they are right, which random damage
passes with a probability of 2**-128. It is no protection against intent: who can write the file can compute the hash.
"""

from hashlib import blake2b

BLANK = b"0" * 32


def put(data: bytearray, place: int) -> None:
    """Write the digits at a place where `BLANK` is."""
    data[place : place + len(BLANK)] = _digits(data, place)


def is_intact(data: bytes, place: int) -> bool:
    """Whether the digits at a place are those of the data."""
    return data[place : place + len(BLANK)] == _digits(data, place)


def _digits(data: bytes | bytearray, place: int) -> bytes:
    view = memoryview(data)
    digest = blake2b(view[:place], digest_size=len(BLANK) // 2)
    digest.update(BLANK)
    digest.update(view[place + len(BLANK) :])
    return digest.hexdigest().encode()
