"""The claim file of an order: document, page, picture, links.

May import domain, tracking, rules, messages and orders.
"""
