"""The store: one schema and one set of queries for SQLite and PostgreSQL. All SQL lives here."""
