"""Adapters to services that are neither AWS nor a tracking source: a mailbox, and push services.

May import domain, push and mailbox.
"""
