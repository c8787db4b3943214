"""What the last release has, and what may therefore run beside the next one while it is deployed.

Brought up to date when a version is released, and at no other time.
"""

# The last migration of each room.
MIGRATIONS = {
    "catalog": "0002_products_by_category",
    "imports": "0008_reviewers_see_schedules",
    "vendors": "0001_initial",
    "warehouse": "0001_initial",
}
# Messages with these names may be in the queues.
TASKS = {
    "imports.tasks.advance",
    "imports.tasks.clean_up",
    "imports.tasks.find_missing_events",
    "imports.tasks.resume_stalled",
    "imports.tasks.run_schedules",
    "imports.tasks.watch_dead_letters",
}
