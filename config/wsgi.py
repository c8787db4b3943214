"""The portal and admin as a WSGI application, for `config/web_server.py`."""

import os

from django.core.wsgi import get_wsgi_application

from config.database import process_name, timeouts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
timeouts.limit_sessions(lock_seconds=timeouts.PORTAL_LOCK_SECONDS)
process_name.call("web")
