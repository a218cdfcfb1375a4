"""Asking others over HTTP: each host in its turn, and nobody inside our own network."""
