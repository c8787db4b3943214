"""The REST API: the same uploads, rules and rights as the portal, for programs."""
