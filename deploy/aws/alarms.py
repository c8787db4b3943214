"""Every alarm: its id, and what it says to the person it wakes.

What to do about each stands in docs/operate.md under `### Alarm: <id>`; a test compares the two.
"""

ALARMS = {
    "events-dead-letters": "An event of S3 could not be read.",
    "imports-dead-letters": "A hint could not be worked on: its task raised, or its workers died.",
    "maintenance-dead-letters": "A periodic task raised.",
    "events-waiting": "Events of S3 wait: the forwarder is not there, or the database is not.",
    "imports-waiting": "Hints wait: there is no worker, or there are too few.",
    "maintenance-waiting": "Periodic tasks wait: the maintenance worker is not there, or it hangs.",
    "beat-silent": "Nothing asked for a periodic task: beat does not run.",
    "failed-uploads": "Five or more uploads ended as failed within an hour.",
    "no-successful-uploads": "Files arrive, and for two hours none of them was imported.",
    "worker-restarts": "Tasks end by themselves, do not start, or are not well.",
    "portal-errors": "The portal answers with errors.",
    "database-storage": "The database's storage: little is left, or it costs more than expected.",
    "database-cpu": "The database is busy and has been for a quarter of an hour.",
    "database-connections": "More connections to the database than the application should need.",
    "bounced-mail": "E-mails bounce; at 5 % SES looks at the account, at 10 % it stops sending.",
}
