"""The API under generated requests: `make fuzz`."""
