"""Outputs of the data stack, and the application's variables for them."""

OUTPUTS = {
    "Bucket": "S3_BUCKET",
    "EventsQueueUrl": "EVENTS_QUEUE_URL",
    "ImportsQueueUrl": "IMPORTS_QUEUE_URL",
    "MaintenanceQueueUrl": "MAINTENANCE_QUEUE_URL",
    "MailQueueUrl": "MAIL_QUEUE_URL",
    "MailEventsQueueUrl": "MAIL_EVENTS_QUEUE_URL",
    "WebhooksQueueUrl": "WEBHOOKS_QUEUE_URL",
    "EventsDeadLetterUrl": "EVENTS_DEAD_LETTER_URL",
    "ImportsDeadLetterUrl": "IMPORTS_DEAD_LETTER_URL",
    "MaintenanceDeadLetterUrl": "MAINTENANCE_DEAD_LETTER_URL",
    "MailDeadLetterUrl": "MAIL_DEAD_LETTER_URL",
    "MailEventsDeadLetterUrl": "MAIL_EVENTS_DEAD_LETTER_URL",
    "WebhooksDeadLetterUrl": "WEBHOOKS_DEAD_LETTER_URL",
    "UploadRecordsTable": "UPLOAD_RECORDS_TABLE",
    "ClientsTable": "CLIENTS_TABLE",
    "CsvDataTable": "CSV_DATA_TABLE",
    "MailConfigurationSet": "MAIL_CONFIGURATION_SET",
    "AlarmTopicArn": "ALARM_TOPIC_ARN",
}
