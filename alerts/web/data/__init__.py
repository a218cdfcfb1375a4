"""What machines read: feeds and messages."""
