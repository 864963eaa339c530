"""Judges a year: what should have been sent and when, by the reference model that looks every hour.

Each order is lived through once more. The reference model is given the answers that the stack got,
and what the stack sent counts as sent. Then it is asked

- every hour, with the answer that the source would give at that hour: what it says is *due*, from
  then on until it is sent. What was said only between two looks, and by the next one no longer, has
  *passed*;
- after every answer that the stack got: what is due then must be sent at once;
- whenever something was sent: what it does not call for is *undue*.

What quiet hours hold is judged by the instant at which it was raised, and must be sent once they
are over (`year_digests`, which judges the digests too).

Looks are judged by the log of the source alone: an order that was not asked about for longer than
its cadence and a tick is *starved*. What was shown and asked is judged by `year_voice`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from stallwatch.domain.alerts import AlertKind
from tests.faults.random_parcels import Parcel
from tests.faults.strict_source import Knowledge
from tests.faults.year_digests import judged_digests, judged_nights
from tests.faults.year_judgement import HOUR, MINUTE, Judgement, Tally
from tests.faults.year_log import DAY, Log
from tests.faults.year_order_judge import OrderJudge
from tests.faults.year_record import Accepted, Message, Record, Shown


def judge(record: Record) -> Judgement:
    """Judge a year."""
    judgement = Judgement()
    for part in judged_orders(record, record.plan.parcels):
        judgement.add(part)
    judgement.add(judged_stack(record))
    judgement.wrong += judged_digests(record, judgement.deadlines)
    return judgement


def judged_orders(record: Record, chosen: Iterable[Parcel]) -> Iterator[Judgement]:
    """What came of some orders, one by one."""
    plan = record.plan
    numbers = {n: number for p in plan.parcels for n, number in p.numbers.items()}
    knowledge, log = Knowledge(numbers, plan.outages), Log(record)
    accepted: dict[str, list[Accepted]] = defaultdict(list)
    for a in record.accepted:
        accepted[a.order_id].append(a)
    messages: dict[str, list[Message]] = defaultdict(list)
    for message in record.messages:
        for order_id in dict.fromkeys(order_id for order_id, _ in message.orders):
            messages[order_id].append(message)
    glances: dict[str, list[Shown]] = defaultdict(list)
    for shown in record.glances:
        glances[shown.order_id].append(shown)
    for parcel in chosen:
        name = parcel.order_id
        own = accepted[name], messages[name], glances[name], record.surveys
        yield OrderJudge(plan, knowledge, log, parcel, *own).judge()


def judged_stack(record: Record) -> Judgement:
    """What no order is needed for: the source, manners towards it, and the nights."""
    judgement = judged_source(record)
    judgement.wrong += [*record.manners.rude, *judged_nights(record)]
    return judgement


def judged_source(record: Record) -> Judgement:
    """Whether the owner was told of every long outage and its end."""
    judgement = Judgement()
    every = {d.every for d in record.plan.deployments}
    allowed = 2 * max(every) * MINUTE
    sent = {
        kind: [m.at for m in record.messages if m.kind == kind]
        for kind in (AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP)
    }
    log = Log(record)
    for span in log.unheard:
        if span.end - span.begin < DAY + allowed:
            continue
        down_at = span.begin + DAY
        if not log.is_shut(down_at):
            # It answers, but about no number that was asked: each check that is due is a request.
            checks = (a.replied_at for a in record.asked if a.replied_at >= down_at - HOUR)
            down_at = max(down_at, next(checks, down_at))
        for kind, due in (
            (AlertKind.SOURCE_DOWN, down_at),
            (AlertKind.SOURCE_UP, span.end),
        ):
            latest = record.plan.nights.put_off(due, due + allowed)
            if latest > due + allowed:
                latest += allowed
            if latest > record.plan.end:
                continue
            tally = judgement.kinds[kind]
            tally.due += 1
            told = [at for at in sent[kind] if due - MINUTE <= at <= latest]
            if not told:
                tally.missed += 1
                judgement.wrong.append(f"{due:%Y-%m-%d %H:%M}: missed {kind}")
                continue
            sent[kind].remove(told[0])
            tally.sent += 1
            tally.add(Tally(delay=told[0] - due, allowed=latest - due))
    for kind, left in sent.items():
        for at in left:
            judgement.kinds[kind].undue += 1
            judgement.wrong.append(f"{at:%Y-%m-%d %H:%M}: undue {kind}")
    return judgement
