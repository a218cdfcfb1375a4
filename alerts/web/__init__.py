"""The web side: server-rendered pages and feeds of alerts."""
