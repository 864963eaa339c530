"""Stallwatch: watches AliExpress parcels that Cainiao carries, and says when one stalls."""

__version__ = "1.0.0"
