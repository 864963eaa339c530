"""The texts in every language: alerts, advice, drafts, and the encodings of mail subject and SMS.

May import domain, tracking and rules.
"""
