"""The deadlines as a calendar: its addresses that need no key, and its entries as iCalendar.

May import domain, messages and orders.
"""
