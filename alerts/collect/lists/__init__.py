"""Feeds before they are feeds of ours: lists of them, where a page has them, what is wrong with one."""
