"""A feed document as bytes, of whatever format and with whatever faults, to entries."""
