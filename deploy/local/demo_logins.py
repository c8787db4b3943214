"""The fictional accounts of the demo data, for local systems only."""

DEMO_LOGINS: dict[str, dict[str, str]] = {
    "vendor": {"username": "vendor", "password": "vendor-demo"},
    "other_vendor": {"username": "othervendor", "password": "othervendor-demo"},
    "staff": {"username": "staff", "password": "staff-demo"},
    "admin": {"username": "admin", "password": "admin-demo"},
}
