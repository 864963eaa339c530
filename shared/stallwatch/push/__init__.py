"""Alerts handed to push services: to which addresses, in which words, and each once.

Pure: the push services and what is kept are ports.

May import domain.
"""
