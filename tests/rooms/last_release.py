"""Migrations and tasks of the last release, which runs beside the next one during its deployment.

Updated when a version is released, and at no other time.
"""

# The last migration of each app.
MIGRATIONS = {
    "catalog": "0002_products_by_category",
    "imports": "0008_reviewers_see_schedules",
    "vendors": "0001_initial",
    "warehouse": "0001_initial",
}
# The queues may contain messages with these names.
TASKS = {
    "imports.tasks.advance",
    "imports.tasks.clean_up",
    "imports.tasks.find_missing_events",
    "imports.tasks.resume_stalled",
    "imports.tasks.run_schedules",
    "imports.tasks.watch_dead_letters",
}
