"""Compressed JSON, for values that are stored."""

import json
import zlib
from typing import Any


def pack(value: object, dictionary: bytes = b"") -> bytes:
    """A JSON value, compressed.

    Args:
        value: Anything that JSON takes.
        dictionary: What such values are made of; the same is needed to unpack it.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=dictionary)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return packer.compress(text.encode()) + packer.flush()


def unpack(packed: bytes, dictionary: bytes = b"") -> Any:
    """The value that was packed.

    Raises:
        ValueError: it was not packed so.
    """
    unpacker = zlib.decompressobj(-15, zdict=dictionary)
    try:
        text = unpacker.decompress(packed) + unpacker.flush()
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return json.loads(text)
