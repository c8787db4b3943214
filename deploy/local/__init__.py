"""The local system: embedded PostgreSQL and AWS, the application's processes, their supervisor.

Nothing here imports the application: its processes are started as in a deployment, from a command
line and an environment.
"""
