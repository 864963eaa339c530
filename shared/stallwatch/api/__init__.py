"""The HTTP API and what serves the page: routers, models, views.

May import everything but sources, dynamodb and aws.
"""
