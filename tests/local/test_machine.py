"""What the local tools take of this machine."""

from socket import create_server

import pytest

from tests.local.machine import HOST, check_free, first_given_port, free_port


def test_nobody_is_given_a_port_that_somebody_keeps_in_mind() -> None:
    """A server is started on its port seconds after it was found; others ask for any port then."""
    first = first_given_port()
    if first is None:
        pytest.skip("The system gives every port here: none can be kept from others")
    for _ in range(20):
        port = free_port()
        check_free(port)
        assert port < first
    with create_server((HOST, 0)) as stranger:
        assert stranger.getsockname()[1] >= first
