"""Index generations: build, publish atomically, open, verify."""
