"""`make fuzz`: generated requests over the API's own document; no answer may differ from it.

CASES=500 SEED=7 make fuzz

schemathesis makes the requests: at the limits of every parameter, drawn at random, and as chains of
requests. A part of them goes to the stack as it is deployed on the emulator (`DEPLOYED=`), the
others to the same function in one process, which answers faster. In both, orders, links and
subscribers stand there beforehand, so that not all requests end at a name that nobody has; and
afterwards the pull, the evaluation, the lists and the export must cope with all that was stored.

Wrong is an answer of 500 or more, a status, a header or a body that the document does not promise,
a malformed request that is accepted, and what is deleted and still there.
"""

import os
import signal
import sys
from random import SystemRandom

from tests.fuzz.rounds import Rounds
from tests.fuzz.targets import deployed, in_one_process
from tests.local.machine import LocalError, told
from tests.local.supervised import end_with_parent

CASES = 10_000

DEPLOYED_SHARE = 10
"""One case in so many goes to the emulator: it answers a few requests a second."""


def main() -> int:
    """Send the requests; 1 where an answer was wrong, with how to repeat it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    end_with_parent()
    try:
        cases = _number("CASES", CASES)
        on_emulator = min(_number("DEPLOYED", cases // DEPLOYED_SHARE), cases)
        seed = _number("SEED", SystemRandom().randrange(10**6))
        print(f"seed {seed}, {cases:,} cases wanted, {on_emulator:,} of them deployed", flush=True)
        found = []
        for name, target, wanted in (
            ("in one process", in_one_process, cases - on_emulator),
            ("deployed on the emulator", deployed, on_emulator),
        ):
            if wanted:
                with target() as api:
                    rounds = Rounds(api, seed)
                    while rounds.sent < wanted:
                        rounds.send(wanted - rounds.sent)
                        print(f"  {rounds.sent:,} cases {name}", flush=True)
                    wrong = [*rounds.wrong, *api.wrong_with_what_is_stored()]
                found.append((name, rounds.sent, rounds.statuses(), wrong))
    except (LocalError, OSError) as error:
        print(told(error), file=sys.stderr)
        return 1
    for name, sent, statuses, wrong in found:
        print(f"{sent:,} cases {name}: {len(wrong)} wrong")
        print("  answers by status:", ", ".join(f"{n:,} x {of}" for of, n in statuses.items()))
    bad = [line for *_, wrong in found for line in wrong]
    print("\n".join([*bad, f"\n{'WRONG' if bad else 'All is well'} (seed {seed})"]))
    return 1 if bad else 0


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal():
        raise LocalError(f"{name} is no number: {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
