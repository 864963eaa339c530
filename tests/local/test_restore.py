"""`make restore` on a stack of the emulator, from a table beside it."""

import json
import os
import subprocess
from urllib.request import Request, urlopen

from tests.local.local_stack import LocalStack
from tests.local.machine import ROOT
from tests.local.parts import need
from tests.support.template import table_definition
from tests.upgrade.recorded import fill, recorded


def test_one_command_restores() -> None:
    """With the credentials of whoever deploys; a second run finds all of it there."""
    need("emulator")
    record = recorded()
    with LocalStack("restore", parameters={"CainiaoUrl": "http://127.0.0.1:9/"}) as local:
        local.dynamodb.create_table(**table_definition("left"))
        fill(local.dynamodb, "left", record.items)
        orders = sum(item["sk"]["S"] == "ORDER" for item in record.items)
        assert f"{orders} orders with" in _restored(local)
        again = _restored(local)
        assert f"{orders} orders were there already" in again
        request = Request(  # noqa: S310
            f"{local.stack['api_url']}/stats", headers={"x-api-key": local.stack["api_key"]}
        )
        with urlopen(request) as answer:  # noqa: S310
            seen = json.load(answer)
        assert sum(seen["orders"].values()) == orders
        local.settle()


def _restored(local: LocalStack) -> str:
    environment = {**os.environ, **local.variables}
    made = subprocess.run(
        ["make", "restore", "FROM=left", f"STACK={local.stack['stack_name']}"],
        env=environment,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout
