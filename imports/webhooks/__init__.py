"""Events for programs at addresses of vendors."""
