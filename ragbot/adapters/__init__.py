"""The only files that import a vendor SDK for search, storage and models."""
