"""Asking Cainiao, over real sockets of this machine."""

import threading
from pathlib import Path
from socket import create_server, socket

import pytest

from stallwatch import __version__
from stallwatch.sources.cainiao import Cainiao
from stallwatch.tracking.source import Source, SourceResponse, Verdict
from tests.simulators.cainiao import PATH, Mode, Simulator
from tests.unit.sources.odd_servers import LONG, SHORT, drips, says, server_that
from tests.unit.sources.simulated_cainiao import ARRIVED, NUMBERS, PICKED_UP, simulator, source

__all__ = ["simulator", "source"]


def test_it_is_a_source() -> None:
    """The type checker agrees that it keeps to the protocol."""
    source: Source = Cainiao("http://127.0.0.1:9")
    assert source.name == "cainiao"


def test_one_request_asks_for_all_numbers_as_clients_do(
    simulator: Simulator, source: Cainiao
) -> None:
    """One GET, the numbers in one list, the usual headers, an honest name."""
    reply = source.ask(NUMBERS)
    (asked,) = simulator.asked
    assert asked.numbers == tuple(NUMBERS)
    assert asked.headers == {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "accept-language": "en-US",
        "host": simulator.origin.removeprefix("http://"),
        "referer": "https://global.cainiao.com/",
        "user-agent": f"Stallwatch/{__version__}",
    }
    assert (Verdict.OK, NUMBERS) == (reply.verdict, sorted(reply.answers))
    assert [event.at for event in reply.answers[NUMBERS[0]].events] == [PICKED_UP, ARRIVED]
    assert not reply.answers[NUMBERS[2]].known


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", f"{PATH}?mailNos=A1234567,B1234567&lang=en-US"),
        ("/", f"{PATH}?mailNos=A1234567,B1234567&lang=en-US"),
        ("/other", "/other?mailNos=A1234567,B1234567&lang=en-US"),
        ("/other/", "/other/?mailNos=A1234567,B1234567&lang=en-US"),
        ("/other?key=1", "/other?key=1&mailNos=A1234567,B1234567&lang=en-US"),
    ],
)
def test_the_address_gets_a_path_only_where_it_has_none(path: str, target: str) -> None:
    """Any other is used as it is given, and the commas are not escaped."""
    with server_that(says(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        Cainiao(f"http://127.0.0.1:{server.port}{path}").ask(["A1234567", "B1234567"])
    assert [f"GET {target} HTTP/1.1".encode()] == [r.split(b"\r\n")[0] for r in server.requests]


@pytest.mark.parametrize(
    "mode",
    [
        Mode.BLOCK_PAGE,
        Mode.BLOCK_HEADER,
        Mode.BLOCK_JSON,
        Mode.BLOCK_RET,
        Mode.BLOCK_FRAME,
        Mode.BLOCK_STATUS,
        Mode.BLOCK_REDIRECT,
    ],
)
def test_every_form_of_a_block_is_seen(mode: Mode, simulator: Simulator, source: Cainiao) -> None:
    """And asked for once only."""
    simulator.be(mode)
    assert SourceResponse(Verdict.BLOCKED, reason="block page") == source.ask(NUMBERS)
    assert len(simulator.asked) == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (Mode.REDIRECT, "status 302"),
        (Mode.STATUS_404, "status 404"),
        (Mode.STATUS_429, "status 429"),
        (Mode.STATUS_500, "status 500"),
        (Mode.SUCCESS_FALSE, "no success"),
        (Mode.HANG_UP, "ConnectionError"),
        (Mode.CUT_OFF, "ProtocolError"),
        (Mode.HUGE, "too large"),
        (Mode.BOMB, "too large"),
        (Mode.NOT_UTF8, "not JSON"),
        (Mode.TRUNCATED, "not JSON"),
    ],
)
def test_what_is_no_answer_fails_after_one_request(
    mode: Mode, reason: str, simulator: Simulator, source: Cainiao
) -> None:
    """No retries, no redirects; the next request is answered again."""
    simulator.be(mode, times=1)
    assert SourceResponse(Verdict.FAILING, reason=reason) == source.ask(NUMBERS)
    assert len(simulator.asked) == 1
    assert source.ask(NUMBERS).verdict is Verdict.OK


def test_bottomless_nesting_does_no_harm(simulator: Simulator, source: Cainiao) -> None:
    """How deep JSON may be depends on the Python; nothing follows from it either way."""
    simulator.be(Mode.DEEP)
    reply = source.ask(NUMBERS)
    assert not reply.answers


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.SLOW_HEADERS, Mode.SLOW_BODY])
def test_an_answer_that_never_ends_is_given_up(mode: Mode, simulator: Simulator) -> None:
    """The time is counted over the whole answer, even where every byte comes in time."""
    source = Cainiao(simulator.url, total_seconds=SHORT)
    simulator.be(mode, times=1)
    reply = source.ask(NUMBERS)
    assert reply.verdict is Verdict.FAILING
    assert "Timeout" in reply.reason
    assert len(simulator.asked) == 1
    simulator.be(Mode.FINE)
    assert Cainiao(simulator.url, total_seconds=LONG).ask(NUMBERS).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        (b"", b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nA: ", b"b"),
        (b"HTTP/1.1 200 OK\r\n", b"A"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ", b"b"),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b" "),
        (b"HTTP/1.1 500 Sorry\r\n\r\n", b" "),
    ],
)
def test_no_part_of_an_answer_may_drip_for_ever(before: bytes, piece: bytes) -> None:
    """Status line, interim answers, headers, every kind of body, trailers, error pages."""
    with server_that(drips(before, piece)) as server:
        reply = Cainiao(f"http://127.0.0.1:{server.port}", total_seconds=SHORT).ask(NUMBERS)
    assert reply.verdict is Verdict.FAILING


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 503 No\r\n\r\n<punish-component />", Verdict.BLOCKED),
        (b"HTTP/1.1 405 No\r\nbxpunish: 1\r\n\r\n", Verdict.BLOCKED),
        (b"HTTP/1.1 429 No\r\nBXPunish: 1\r\n\r\n", Verdict.BLOCKED),
        (b'HTTP/1.1 200 OK\r\nbxpunish: 0\r\n\r\n{"module": [], "success": true}', Verdict.OK),
        (b"HTTP/1.1 301 M\r\nLocation: https://x/punish/y?action=deny\r\n\r\n", Verdict.BLOCKED),
        (b"HTTP/1.1 307 M\r\nLocation: https://x/_____tmd_____/z\r\n\r\n", Verdict.BLOCKED),
        (b"HTTP/1.1 302 M\r\nLocation: /x\r\n\r\n<punish-component />", Verdict.BLOCKED),
        (b"HTTP/1.1 302 M\r\nLocation: /verify?X5SecData=1\r\n\r\n", Verdict.BLOCKED),
        (b"HTTP/1.1 302 M\r\nLocation: https://login.example.org/\xe4\r\n\r\n", Verdict.FAILING),
        (b"HTTP/1.1 405 No\r\n\r\n<title>405</title>", Verdict.FAILING),
        (b"HTTP/1.1 429 M\r\nRetry-After: 9\r\n\r\n<a href=/punish>", Verdict.BLOCKED),
        (b"HTTP/1.1 503 M\r\nRetry-After: soon\r\n\r\nbusy", Verdict.FAILING),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n\x0b\x02\x80{}", Verdict.FAILING),
        (b"HTTP/1.1 302 M\r\nLocation: https://[\r\n\r\n", Verdict.FAILING),
        (b"HTTP/1.1 302 M\r\nLocation: /x\r\n\r\n" + b"x" * 9_000_000, Verdict.FAILING),
        (b'HTTP/1.1 203 OK\r\n\r\n{"module": [], "success": true}', Verdict.FAILING),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip", Verdict.FAILING),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: zebra\r\n\r\n{}", Verdict.FAILING),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Verdict.FAILING),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 999 + b"\r\n", Verdict.FAILING),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99_999, Verdict.FAILING),
        (b"HTTP/1.1 9999 OK\r\n\r\n", Verdict.FAILING),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Verdict.FAILING),
        (b"\x00\xff" * 50, Verdict.FAILING),
        (b"", Verdict.FAILING),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else value.value,
)
def test_odd_answers(answer: bytes, expected: Verdict) -> None:
    """Whatever comes over the line, a reply comes out."""
    with server_that(says(answer)) as server:
        reply = Cainiao(f"http://127.0.0.1:{server.port}", total_seconds=LONG).ask(NUMBERS)
    assert expected is reply.verdict
    assert not reply.answers


def test_an_answer_without_end_is_read_only_so_far() -> None:
    """However fast it comes."""

    def pour(connection: socket, over: threading.Event) -> None:
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"module": [')
        while not over.is_set():
            connection.sendall(b"{}," * 20_000)

    with server_that(pour) as server:
        reply = Cainiao(f"http://127.0.0.1:{server.port}", total_seconds=LONG).ask(NUMBERS)
    assert SourceResponse(Verdict.FAILING, reason="too large") == reply


def test_the_environment_steers_nothing(
    simulator: Simulator, source: Cainiao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor somebody's credentials."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert source.ask(NUMBERS).verdict is Verdict.OK
    assert "authorization" not in simulator.asked[0].headers


def test_nobody_listening_is_no_answer() -> None:
    """A refused connection names neither the address nor the numbers."""
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    reply = Cainiao(f"http://127.0.0.1:{port}").ask(NUMBERS)
    assert SourceResponse(Verdict.FAILING, reason="ConnectionError") == reply


@pytest.mark.parametrize(
    "url", ["http://", "http://:0", "no scheme", "http://[::1", "ftp://127.0.0.1"]
)
def test_an_address_that_is_none_is_no_answer(url: str) -> None:
    """It is the stack's mistake, and looks like a source that fails."""
    try:
        source = Cainiao(url)
    except ValueError:
        return
    assert source.ask(NUMBERS).verdict is Verdict.FAILING


@pytest.mark.parametrize(
    ("mode", "answered"),
    [
        (Mode.WRONG_NUMBER, NUMBERS[1:]),
        (Mode.TWO_ANSWERS, NUMBERS[1:]),
        (Mode.MISSING_NUMBER, NUMBERS[1:]),
        (Mode.POISONED, NUMBERS[1:]),
        (Mode.SHUFFLED, NUMBERS),
    ],
)
def test_an_answer_that_is_wrong_in_part_counts_for_the_others(
    mode: Mode, answered: list[str], simulator: Simulator, source: Cainiao
) -> None:
    """They are answered as on a fine day."""
    fine = source.ask(NUMBERS).answers
    simulator.be(mode)
    reply = source.ask(NUMBERS)
    assert reply.verdict is Verdict.OK
    assert {number: fine[number] for number in answered} == reply.answers


def test_nasty_texts_are_harmless(simulator: Simulator, source: Cainiao) -> None:
    """Controls are gone; markup is text, for the page to escape."""
    simulator.be(Mode.CONTROLS)
    controlled = source.ask(NUMBERS).answers[NUMBERS[0]]
    assert [event.text for event in controlled.events] == [
        "[31mReceived by logistics company",
        "[31m[Madrid] x",
    ]
    assert controlled.carrier is not None
    assert controlled.carrier.name == "[31mCorreos"
    simulator.be(Mode.HTML)
    marked = source.ask(NUMBERS).answers[NUMBERS[0]]
    assert "<script>" in marked.events[0].text


@pytest.mark.parametrize(("mode", "year"), [(Mode.YEAR_1970, 1970), (Mode.YEAR_2099, 2099)])
def test_dates_that_cannot_be_right_are_passed_on(
    mode: Mode, year: int, simulator: Simulator, source: Cainiao
) -> None:
    """The rules deal with them."""
    simulator.be(mode)
    events = source.ask(NUMBERS).answers[NUMBERS[0]].events
    assert [event.at.year for event in events] == [year, year]
