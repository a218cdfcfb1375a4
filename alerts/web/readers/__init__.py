"""What readers do: get alerts by mail, change what they get, say what became of an alert."""
