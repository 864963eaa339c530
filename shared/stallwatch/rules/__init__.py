"""The decision about one order: stage, silence, alerts due, when to look again.

Pure functions of data.

May import domain and tracking.
"""
