"""The demo's world: a story told by invented outlets, served as feeds on the loopback interface."""
