"""Staff's pages about imports, one file per kind of page."""

from imports.admin import alarms, errors, history, mails, schedules, uploads

__all__ = ["alarms", "errors", "history", "mails", "schedules", "uploads"]
