"""dynamodb.traces."""

_MERGE_TRIES = 5
