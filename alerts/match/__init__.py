"""Matching: rule files, their checker, and the engine that turns an article into hits. Pure."""
