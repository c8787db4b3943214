"""Date formats wherever a template names none, as in the admin's lists and pages."""
