"""Tracking: from hits to alerts that are opened, updated, ended and cancelled. Pure decisions."""
