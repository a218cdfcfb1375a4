"""From a row of the outbox to the bytes of its mail."""
