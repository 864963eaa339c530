"""Plain values of the trade: orders, alerts, parcels, thresholds, buyer actions, validation.

May import nothing else of the product.
"""
