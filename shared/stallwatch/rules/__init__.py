"""The decision about one order: stage, silence, alerts due, when to look again; pure functions of data.

May import domain and tracking.
"""
