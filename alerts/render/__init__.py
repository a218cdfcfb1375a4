"""Rendering: alerts as mail, pages and feeds."""
