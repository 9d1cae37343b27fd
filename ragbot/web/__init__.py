"""The chat page, the source pages and the HTTP API."""
