"""Every alarm: its ID and its description.

docs/operate.md has the instructions for each under `### Alarm: <id>`; a test compares the two.
"""

ALARMS = {
    "events-dead-letters": "An S3 event could not be processed.",
    "imports-dead-letters": "A hint could not be processed: its task raised, or its worker died.",
    "maintenance-dead-letters": "A periodic task raised an exception.",
    "mail-dead-letters": "A hint about an email could not be processed.",
    "webhooks-dead-letters": "A hint about a webhook could not be processed.",
    "mail-events-dead-letters": "An event of SES about an email could not be read.",
    "events-waiting": "S3 events are waiting: the forwarder or the database is not running.",
    "imports-waiting": "Hints are waiting: no worker is running, or too few are.",
    "oldest-upload": "An upload has been due for five minutes without a worker.",
    "slow-uploads": "An upload took more than five minutes.",
    "maintenance-waiting": "Periodic tasks are waiting: the maintenance worker is down or hangs.",
    "mail-waiting": "Hints about emails are waiting: the mail worker is down, or SES hangs.",
    "webhooks-waiting": "Hints about webhooks are waiting: their worker is down or hangs.",
    "beat-silent": "No periodic task was sent: beat is not running.",
    "failed-uploads": "Five or more uploads failed within an hour.",
    "no-successful-uploads": "Files have arrived, but none was imported for two hours.",
    "worker-restarts": "Tasks end unexpectedly, do not start or fail their health checks.",
    "task-memory": "A task uses nearly all of its memory; at all of it, it is killed.",
    "portal-errors": "The portal returns errors.",
    "portal-slow": "One answer of twenty takes more than two seconds.",
    "database-storage": "Database storage is almost full, or larger than expected.",
    "database-cpu": "The database has been busy for 15 minutes.",
    "database-connections": "The database has more connections than the application should need.",
    "bounced-mail": "Emails bounce; SES reviews the account at 5 % and stops sending at 10 %.",
}
