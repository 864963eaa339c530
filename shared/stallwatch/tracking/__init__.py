"""What a tracking source is and answers: protocol, profiles, codes and stages, trace record.

The circuit breaker, the poll schedule and the run log live here too: they say when to ask.

May import domain.
"""
