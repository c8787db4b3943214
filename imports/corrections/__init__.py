"""Rejected rows that a person corrects: by value or cell by cell; they come back as an upload."""
