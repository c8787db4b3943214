"""A PostgreSQL back end whose user and password come from Secrets Manager."""
