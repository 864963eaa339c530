"""From a decision to a message: the evaluation of an order, the outbox dispatcher, subscriptions.

May import domain, tracking, rules and orders.
"""
