"""`make year`: a year of the real handlers, nothing missed, nothing undue, nobody disturbed.

SEED=7 ORDERS=2000 DAYS=365 make year
QUIET_HOURS=22:00-07:00 ZONE=Europe/Berlin DIGEST=daily make year
"""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from random import SystemRandom

from stallwatch.domain.alerts import AlertKind
from tests.faults.nights import DIGESTS, Nights
from tests.faults.year import live
from tests.faults.year_digests import judged_digests
from tests.faults.year_judged import judged_orders, judged_stack
from tests.faults.year_judgement import Judgement, Tally
from tests.faults.year_plan import Plan, plan
from tests.faults.year_record import Record

ORDERS = 2000
DAYS = 365
EVERY = 15


def main() -> int:
    """Live through a year, judge it, and say what came of it."""
    seed = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
    orders = int(os.environ.get("ORDERS") or ORDERS)
    days = int(os.environ.get("DAYS") or DAYS)
    nights = Nights(os.environ.get("QUIET_HOURS", ""), os.environ.get("ZONE") or "UTC")
    digest = os.environ.get("DIGEST", "")
    if digest not in DIGESTS:
        raise SystemExit(f"DIGEST is one of {', '.join(filter(None, DIGESTS))}, not {digest}")
    print(f"seed {seed}: {orders:,} orders in {days} days\n")
    begun = time.monotonic()
    every = int(os.environ.get("EVERY") or EVERY)
    year = plan(seed, orders, days, every=every, nights=nights, digest=digest)
    print("\n".join(told(year)), flush=True)
    record = live(year)
    lived = time.monotonic() - begun
    judgement = judge_together(record)
    print("\n".join(table(record, judgement)))
    print(f"\nlived in {lived:.0f} s, judged in {time.monotonic() - begun - lived:.0f} s")
    for wrong in judgement.wrong[:40]:
        print(f"WRONG: {wrong}")
    if judgement.wrong:
        print(f"{len(judgement.wrong)} wrong; again: {_again(year, orders, days, digest)}")
    return 1 if judgement.wrong else 0


def _again(year: Plan, orders: int, days: int, digest: str) -> str:
    given = f"SEED={year.seed} ORDERS={orders} DAYS={days} EVERY={year.deployments[0].every}"
    if year.nights.span:
        given += f" QUIET_HOURS={year.nights.span} ZONE={year.nights.zone}"
    return given + (f" DIGEST={digest}" if digest else "")


def judge_together(record: Record) -> Judgement:
    """Judge a year on all cores."""
    judgement = judged_stack(record)
    parts = (os.cpu_count() or 1) * 4
    chosen = [record.plan.parcels[part::parts] for part in range(parts)]
    with ProcessPoolExecutor(initializer=_remember, initargs=(record,)) as pool:
        for part in pool.map(_judge, chosen):
            judgement.add(part)
    judgement.wrong += judged_digests(record, judgement.deadlines)
    return judgement


_RECORD: list[Record] = []


def _remember(record: Record) -> None:
    _RECORD[:] = [record]


def _judge(parcels: Sequence[object]) -> Judgement:
    judgement = Judgement()
    for part in judged_orders(_RECORD[0], parcels):  # type: ignore[arg-type]
        judgement.add(part)
    return judgement


def told(year: Plan) -> list[str]:
    """What a year has in store."""
    kinds = [parcel.kind for parcel in year.parcels]
    return [
        "parcels: " + ", ".join(f"{k} {kinds.count(k)}" for k in sorted(set(kinds))),
        "outages: " + ", ".join(f"{o.how} {_long(o.end - o.begin)}" for o in year.outages),
        "deployed anew: " + ", ".join(f"{d.every}/{d.turn} min" for d in year.deployments[1:]),
        "clock wrong: "
        + ", ".join(
            f"{s.by.total_seconds():+.0f} s for {_long(s.end - s.begin)}" for s in year.shifts
        ),
        f"quiet hours: {year.nights.span or 'none'}, {year.nights.zone}",
        f"digests: {len(year.digests)}",
    ]


def table(record: Record, judgement: Judgement) -> list[str]:
    """What came of a year."""
    head = ("", "due", "sent", "passed", "undue", "missed", "late", "delay", "allowed")
    rows: list[tuple[str, ...]] = [head]
    whole = Tally()
    for kind in AlertKind:
        if kind in judgement.kinds:
            tally = judgement.kinds[kind]
            whole.add(tally)
            rows.append((kind.value, *_cells(tally), _long(tally.delay), _long(tally.allowed)))
    rows.append(("all", *_cells(whole), "", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    manners = record.manners
    longest = _long(max(manners.pauses, default=timedelta()))
    seconds = ", ".join(f"{n} in {manners.busiest[n]:,}" for n in sorted(manners.busiest))
    gaps = ", ".join(
        f"{hours} h: {_long(timedelta(minutes=judgement.gaps[hours]))}"
        for hours in sorted(judgement.gaps)
    )
    numbers = sum(len(asked.answered) for asked in record.asked)
    return [
        "",
        *lines,
        "",
        f"{judgement.looks:,} looks of the reference model; {record.runs:,} runs of the handlers",
        f"{judgement.voices:,} times what was asked and shown was compared with the rules",
        f"orders starved {judgement.starved}; longest between two requests, by cadence: {gaps}",
        f"{len(record.asked):,} requests about {numbers:,} numbers; by second: {seconds}",
        f"requests in the busiest second {max(manners.busiest, default=0)}",
        *_nights_table(record),
        f"rude {len(manners.rude)}; pauses {len(manners.pauses)}, the longest {longest}",
    ]


def _nights_table(record: Record) -> list[str]:
    """What the nights held, what could not wait, and the digests."""
    plan = record.plan
    if not plan.nights.span and not plan.digests:
        return []
    quiet = [m for m in record.messages if plan.nights.is_quiet(m.at)]
    held = sum(
        plan.nights.is_quiet(plan.true_time(at, m.at)) and not plan.nights.is_quiet(m.at)
        for m in record.messages
        for at in m.raised
    )
    told = sum(m.kind == AlertKind.DIGEST for m in record.messages)
    return [
        f"{held:,} alerts held over night; {len(quiet):,} messages that could not wait",
        f"{told:,} digests of {len(plan.digests):,}; the others had nothing to say",
    ]


def _cells(tally: Tally) -> tuple[str, ...]:
    counts = (tally.due, tally.sent, tally.passed, tally.undue, tally.missed, tally.late)
    return tuple(f"{count:,}" for count in counts)


def _long(duration: timedelta) -> str:
    minutes = int(duration.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02}"


if __name__ == "__main__":
    sys.exit(main())
