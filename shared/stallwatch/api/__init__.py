"""The HTTP API and what serves the page: routers, models, views.

May import domain, tracking, rules, polling, messages, imports, orders, alerting, calendar and
claims.
"""
