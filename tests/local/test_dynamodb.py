"""DynamoDB Local: it works, on this machine alone, and ends."""

import subprocess
from urllib.parse import urlsplit

import pytest

from tests.local.dynamodb import dynamodb_local
from tests.local.machine import HOST, LocalError, check_free, client
from tests.local.parts import need


def test_it_serves_this_machine_alone_and_ends() -> None:
    """It starts empty, listens on 127.0.0.1, and leaves its port."""
    need("dynamodb")
    with dynamodb_local() as endpoint:
        port = urlsplit(endpoint).port
        assert port
        assert client("dynamodb", endpoint).list_tables()["TableNames"] == []
        listing = subprocess.run(
            ["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=True
        )
        assert [line.split()[3] for line in listing.stdout.splitlines()] == [
            f"[::ffff:{HOST}]:{port}"
        ]
        with pytest.raises(LocalError):
            check_free(port)
    check_free(port)
