"""Infrastructure: templates for AWS and the one-command local system. No application code."""
