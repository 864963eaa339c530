"""Connections to Cainiao: used again, idle, from many threads, over TLS."""

import ipaddress
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stallwatch.sources import session
from stallwatch.sources.cainiao import Cainiao
from stallwatch.tracking.source import SourceResponse, Verdict
from tests.simulators.cainiao import Mode, Simulator
from tests.unit.sources.odd_servers import LONG, SHORT, drips, says, server_that
from tests.unit.sources.simulated_cainiao import NUMBERS, PICKED_UP, simulator, source

__all__ = ["simulator", "source"]


def test_a_connection_is_used_again(simulator: Simulator, source: Cainiao) -> None:
    """Whatever the answers were, as long as they came to an end."""
    for mode in (Mode.FINE, Mode.BLOCK_PAGE, Mode.STATUS_500, Mode.REDIRECT, Mode.TRUNCATED):
        simulator.be(mode, times=1)
        source.ask(NUMBERS)
    assert simulator.connections == 1


def test_an_idle_connection_is_not_trusted(
    simulator: Simulator, source: Cainiao, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have died while the function was frozen, and no request is made twice."""
    now = 1_000_000.0
    monkeypatch.setattr(session, "time", lambda: now)
    source.ask(NUMBERS)
    now += 25
    source.ask(NUMBERS)
    assert simulator.connections == 1
    now += 35
    source.ask(NUMBERS)
    assert simulator.connections == 2


def test_cookies_are_neither_kept_nor_sent() -> None:
    """Nothing makes two requests look alike but their honest name."""
    again: list[bytes] = []

    def answer(connection: socket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}")
        again.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with server_that(answer) as server:
        source = Cainiao(f"http://127.0.0.1:{server.port}", total_seconds=LONG)
        source.ask(NUMBERS)
        source.ask(NUMBERS)
    assert server.requests == again


def test_many_threads_ask_at_once(simulator: Simulator, source: Cainiao) -> None:
    """Each gets the answer to its own question."""
    numbers = [f"CNG{index:014}" for index in range(160)]
    for index, number in enumerate(numbers):
        simulator.put(number, [(PICKED_UP + timedelta(minutes=index), "PU_PICKUP_SUCCESS")])
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(lambda number: source.ask([number]), numbers))
    assert [PICKED_UP + timedelta(minutes=index) for index in range(160)] == [
        reply.answers[number].events[0].at for number, reply in zip(numbers, replies, strict=True)
    ]
    assert simulator.connections <= 16


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "look-alike")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "look-alike.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.mark.parametrize("trusted", [True, False])
def test_an_answer_over_tls_needs_a_certificate_that_is_trusted(
    authority: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    """As the real endpoint is asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    if trusted:
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(authority))
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"module": [], "success": true}'
    with server_that(says(answer), context) as server:
        reply = Cainiao(f"https://127.0.0.1:{server.port}", total_seconds=LONG).ask(NUMBERS)
    expected = (
        SourceResponse(Verdict.OK)
        if trusted
        else SourceResponse(Verdict.FAILING, reason="SSLError")
    )
    assert expected == reply


@pytest.mark.parametrize(
    "before", [b"", b"HTTP/1.1 200 OK\r\nA: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"]
)
def test_an_answer_over_tls_may_not_drip_for_ever_either(
    before: bytes, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One span for the whole answer, as without TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(authority))
    with server_that(drips(before, b"x"), context) as server:
        reply = Cainiao(f"https://127.0.0.1:{server.port}", total_seconds=SHORT).ask(NUMBERS)
    assert reply.verdict is Verdict.FAILING
    assert "Timeout" in reply.reason
