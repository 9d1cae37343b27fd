"""One file a format; ``ingest.parsers.table`` lists them."""
