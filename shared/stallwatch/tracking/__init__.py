"""What a tracking source is and answers: protocol, codes and stages, trace record, circuit breaker, poll schedule, run log.

May import domain.
"""
