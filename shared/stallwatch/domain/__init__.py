"""Plain values of the trade: orders, alerts, parcels, thresholds, buyer actions, validation.

May import no other package.
"""
