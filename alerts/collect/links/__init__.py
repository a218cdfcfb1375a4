"""What articles link to: web pages and CAP messages, as text."""
