"""Files in, sources and chunks out."""
