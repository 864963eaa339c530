"""The tracking services themselves, one module each, behind the protocol of `tracking.source`.

May import domain and tracking.
"""
