"""The ways out of the house: a mail server, a folder on this disk; and what their answers mean."""
