"""The one table, and the only code that speaks DynamoDB.

| item | pk | sk | written by |
|---|---|---|---|
| the order as the buyer gave it, and the buyer's words | `ORDER#id` | `ORDER` | `book` |
| its trace | `ORDER#id` | `TRACE` | `watch`; `book` for another number |
| its place in the watch | `ORDER#id` | `WATCH` | `evaluations`; `book` for a change |
| an alert about it, pending or sent | `ORDER#id` | `ALERT#born#key` | `evaluations`, `outbox` |
| a link to its claim file | `ORDER#id` | `LINK#id` | `claims` |
| the claim file that a link opens | `LINK#hash` | `FILE` | `claims` |
| the last runs of a turn of the day | `TURN#name` | `RUN#instant` | `watch` |
| the pull's lease and progress | `STACK` | `PULL` | `watch`; `book` counts calls |
| a source's health | `STACK` | `SOURCE#name` | `watch` |
| a source's credits, and the registration under way | `STACK` | `CREDITS#name` | `watch` |
| the sending's lease and open batch | `STACK` | `PUBLISH` | `outbox` |
| what wakes the sending | `STACK` | `WAKE` | `watch` |
| counts over all orders | `STACK` | `TOTALS` | `evaluations` |
| the totals of the money, in pieces | `STACK` | `MONEY#piece` | `evaluations` |
| what the own parcels took | `STACK` | `EXPERIENCE#service#country` | `evaluations` |
| an order that has a number | `NUMBER#number` | `ORDER#id` | `book` |
| an alert about a source | `STACK` | `ALERT##key` | `evaluations`, `outbox` |
| a subscriber | `STACK` | `SUBSCRIPTION#id` | `book` |

| access | by |
|---|---|
| the orders of a slot, with all that a check needs | index `watch` |
| everything of one order | one query of `ORDER#id` |
| the alerts that are not sent yet, oldest first | index `pending` |
| what a link opens | its token's SHA-256 |
| the looks at an order | one query of each turn of its slots, eight for each length of a turn |
| the orders in a state, newest first | index `by_state` |
| the orders with a number | one query of `NUMBER#number` |

The stream carries keys only. What writes an `ORDER`, a `TRACE` or the `WAKE` wakes the evaluation,
what writes anything else does not.
"""
