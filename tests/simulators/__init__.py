"""Servers that look like the services the product asks, for tests, benchmarks and the demo."""
