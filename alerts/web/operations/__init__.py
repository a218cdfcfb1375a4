"""The pages of who runs the service."""
