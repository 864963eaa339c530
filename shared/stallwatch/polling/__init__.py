"""A run of the poll: lease, requests, silence, remote workers, second source, registration.

May import domain and tracking.
"""
