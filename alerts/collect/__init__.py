"""Collecting: polls feeds politely, turns each document into entries, loses none."""
