"""Notifying: who is told what, the outbox, and the delivery of mail."""
