"""The canonical form of a claim file, and its checksum.

The document carries a checksum, `sha256`: the SHA-256, in lower-case hexadecimal, over the
canonical form of the document without that field. The canonical form is JSON in UTF-8 with the
fields of every object sorted by name, no space between anything, no character escaped that need
not be, and no number but whole ones. The document is served in canonical form itself, and either
of these prints the checksum of one that was saved:

    jq -cSj 'del(.sha256)' claim.json | sha256sum

    python3 -c "import hashlib, json; d = json.load(open('claim.json', encoding='utf-8'));
    d.pop('sha256'); t = json.dumps(d, ensure_ascii=False, sort_keys=True, separators=(',', ':'));
    print(hashlib.sha256(t.encode()).hexdigest())"
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

CHECK = "jq -cSj 'del(.sha256)' claim.json | sha256sum"
"""The command that prints the checksum of a saved file."""


def canonical(claim: Mapping[str, Any]) -> bytes:
    """A document in its canonical form."""
    text = json.dumps(claim, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def checksum(claim: Mapping[str, Any]) -> str:
    """The checksum of a claim file, whether it carries one or not."""
    return sha256(canonical({k: v for k, v in claim.items() if k != "sha256"})).hexdigest()


def with_checksum(claim: Mapping[str, Any]) -> bytes:
    """A claim file in its canonical form, with its checksum."""
    return canonical({**claim, "sha256": checksum(claim)})


def verify(file: bytes) -> bool:
    """Whether a file is a claim file, byte for byte as it was made."""
    try:
        claim = json.loads(file)
    except ValueError:
        return False
    return isinstance(claim, dict) and file == with_checksum(claim)
