"""What everybody may read: the alerts, their places, the rules."""
