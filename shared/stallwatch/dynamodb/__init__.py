"""The one table, and the only code that speaks DynamoDB.

May import domain, tracking, rules, polling, push, mailbox, orders, alerting, calendar and claims.

A module holds one store, and no store calls another: a port that needs several is served by a class
that inherits them. `table` makes the calls, `wire` is the codec, `leases` the one lease.

Every item carries the version of the schema in which it was written (`v`, see `wire`).

| item | pk | sk | written by |
|---|---|---|---|
| the order as the buyer gave it, and the buyer's actions | `ORDER#id` | `ORDER` | `orders` |
| its trace | `ORDER#id` | `TRACE` | `traces`; `orders` for another number |
| its place in the watch | `ORDER#id` | `WATCH` | `evaluations`; `orders` for a change |
| an alert about it, pending or sent | `ORDER#id` | `ALERT#born#key` | `evaluations`, `outbox` |
| a link to its claim file | `ORDER#id` | `LINK#id` | `claims` |
| the claim file that a link opens | `LINK#hash` | `FILE` | `claims` |
| the last runs of a turn of the day | `TURN#name` | `RUN#instant` | `run_log` |
| the pull's lease and progress | `STACK` | `PULL` | `polling`; `orders` counts calls |
| a source's health | `STACK` | `SOURCE#name` | `sources` |
| a source's credits, and the registration under way | `STACK` | `CREDITS#name` | `sources` |
| the sending's lease and open batch | `STACK` | `PUBLISH` | `outbox` |
| what wakes the sending | `STACK` | `WAKE` | `polling` |
| counts over all orders | `STACK` | `TOTALS` | `totals` |
| the totals of the money, in pieces | `STACK` | `MONEY#piece` | `evaluations` |
| what the own parcels took | `STACK` | `EXPERIENCE#service#country` | `evaluations` |
| an order that has a number | `NUMBER#number` | `ORDER#id` | `orders` |
| an alert about a source | `STACK` | `ALERT##key` | `sources`, `outbox` |
| a digest | `STACK` | `ALERT##digest#…` | `digests`, `outbox` |
| when a test message was sent last | `STACK` | `TEST` | `subscribers` |
| a subscriber | `STACK` | `SUBSCRIPTION#id` | `subscribers` |
| when the buyer asked for a check last | `ORDER#id` | `CHECK` | `orders` |

| access | by |
|---|---|
| the orders of a slot, with all that a check needs | index `watch` |
| everything of one order | one query of `ORDER#id` |
| the alerts that are not sent yet, oldest first | index `pending` |
| what a link opens | its token's SHA-256 |
| the looks at an order | one query of each turn of its slots, eight for each length of a turn |
| the orders in a state, newest first | index `by_state` |
| the orders that press, by severity and nearest deadline | index `pressing` |
| the orders with a number | one query of `NUMBER#number` |

The stream carries keys only. What writes an `ORDER`, a `TRACE` or the `WAKE` wakes the evaluation,
what writes anything else does not.
"""
