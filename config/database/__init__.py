"""A PostgreSQL back end that reads its user name and password from AWS."""
