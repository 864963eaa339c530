"""The order service: add, list, change and forget orders; their view, money and delivery times.

May import domain, tracking, rules, polling and imports.
"""
