"""Engines: run the stages (collect, analyse, notify) in one process or many."""
