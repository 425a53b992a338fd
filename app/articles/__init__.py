"""Articles: their shapes in JSON, the filters of lists, the writes and queries, the endpoints."""
