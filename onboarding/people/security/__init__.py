"""The second step of a login, and the pages of a person's factors: our part in django-allauth."""
