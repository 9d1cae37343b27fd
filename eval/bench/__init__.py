"""Benchmarks: speed, and the retrieval sets people know."""
