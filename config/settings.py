"""Every setting, read from the environment here and nowhere else.

Missing or invalid values stop the process with a message that lists all of them. The local stack
writes its values to `.local/env`, which is read when it exists.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from boto3 import __version__ as boto3_version
from botocore.config import Config
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from dotenv import load_dotenv
from environs import Env, EnvValidationError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent

# Loaded into the environment itself, because boto3 reads its credentials there.
load_dotenv(Path(os.environ.get("LOCAL_DIR", BASE_DIR / ".local")) / "env")
env = Env(eager=False)

at_least_one = validate.Range(min=1)
at_least_zero = validate.Range(min=0)


def a_zone(name: str) -> None:
    """Raises ValidationError for what is not the name of a time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValidationError("must be a time zone such as Europe/Berlin") from error


# --- Where this runs -------------------------------------------------------------------------
LOCAL: bool = env.bool("LOCAL", False)  # True only for the one-command system and the tests
SECRET_KEY: str = env.str("SECRET_KEY")  # signs sessions and mailed report links
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS")  # host names the portal answers to
PORTAL_URL: str = env.str("PORTAL_URL")  # prefix of links in emails, no trailing slash
PROXY_COUNT: int = env.int("PROXY_COUNT", 0 if LOCAL else 1)  # our proxies in front of the web
PROXY_HEADERS: str = env.str("PROXY_HEADERS", "X-Forwarded")  # they set this-Proto and this-For
DEBUG = False  # error pages never show internals, not even locally; the log does
LOG_FORMAT: str = env.str(  # json for CloudWatch, text for people
    "LOG_FORMAT", "text" if LOCAL else "json", validate=validate.OneOf(["text", "json"])
)
LOG_LEVEL: str = env.str(  # lines below it are not written
    "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
)

# --- The database ----------------------------------------------------------------------------
DATABASE: Any = env.dj_db_url("DATABASE_URL")  # host, port and name; user and password optional
DB_SECRET_NAME: str = env.str("DB_SECRET_NAME", "")  # secret with the user and the password
DB_SSM_PARAMETER: str = env.str("DB_SSM_PARAMETER", "")  # or a parameter with them; not both
DB_MASTER_SECRET_NAME: str = env.str("DB_MASTER_SECRET_NAME", "")  # prepare_database only
DB_CONNECT_TIMEOUT: int = env.int("DB_CONNECT_TIMEOUT", 10)  # seconds; 40+ for a paused Aurora
CONN_MAX_AGE: int = env.int("CONN_MAX_AGE", 60)  # seconds a connection is kept; 0 lets Aurora pause
# Seconds for which strangers, and /readyz, get what the database said before. 0 asks every time.
PUBLIC_SECONDS: int = env.int("PUBLIC_SECONDS", 0, validate=at_least_zero)

# --- AWS -------------------------------------------------------------------------------------
AWS_REGION: str = env.str("AWS_REGION")
AWS_ENDPOINT_URL: str | None = env.str("AWS_ENDPOINT_URL", None)  # the emulator's; unset on AWS
S3_BUCKET: str = env.str("S3_BUCKET")
EVENTS_QUEUE_URL: str = env.str("EVENTS_QUEUE_URL")  # S3's "object created" events
IMPORTS_QUEUE_URL: str = env.str("IMPORTS_QUEUE_URL")  # hints that there is work
MAINTENANCE_QUEUE_URL: str = env.str("MAINTENANCE_QUEUE_URL")  # periodic tasks
EVENTS_DEAD_LETTER_URL: str = env.str("EVENTS_DEAD_LETTER_URL")
MAIL_QUEUE_URL: str = env.str("MAIL_QUEUE_URL")  # hints that emails or answers are due
MAIL_EVENTS_QUEUE_URL: str = env.str("MAIL_EVENTS_QUEUE_URL")  # what became of sent emails
WEBHOOKS_QUEUE_URL: str = env.str("WEBHOOKS_QUEUE_URL")  # hints that webhooks are due
IMPORTS_DEAD_LETTER_URL: str = env.str("IMPORTS_DEAD_LETTER_URL")
MAINTENANCE_DEAD_LETTER_URL: str = env.str("MAINTENANCE_DEAD_LETTER_URL")
MAIL_DEAD_LETTER_URL: str = env.str("MAIL_DEAD_LETTER_URL")
MAIL_EVENTS_DEAD_LETTER_URL: str = env.str("MAIL_EVENTS_DEAD_LETTER_URL")
WEBHOOKS_DEAD_LETTER_URL: str = env.str("WEBHOOKS_DEAD_LETTER_URL")
UPLOAD_RECORDS_TABLE: str = env.str("UPLOAD_RECORDS_TABLE")  # staged rows
CLIENTS_TABLE: str = env.str("CLIENTS_TABLE")  # rows of the data set "clients"
CSV_DATA_TABLE: str = env.str("CSV_DATA_TABLE")  # rows of CSV files with any columns
ALARM_TOPIC_ARN: str = env.str("ALARM_TOPIC_ARN")  # topic for alarms to staff
WORKER_SERVICE: str = env.str("WORKER_SERVICE", "")  # cluster/service of the import workers

# --- Limits and pace -------------------------------------------------------------------------
UPLOAD_MAX_BYTES: int = env.int("UPLOAD_MAX_BYTES", 10 * 1024 * 1024, validate=at_least_one)
INCOMING_MAX_BYTES: int = env.int(  # files arriving at once, in one web process; others wait
    "INCOMING_MAX_BYTES", 512 * 1024 * 1024, validate=at_least_one
)
UPLOAD_MAX_ROWS: int = env.int("UPLOAD_MAX_ROWS", 10_000, validate=at_least_one)
CSV_MAX_BYTES: int = env.int("CSV_MAX_BYTES", 250 * 1024 * 1024, validate=at_least_one)
CSV_MAX_ROWS: int = env.int("CSV_MAX_ROWS", 1_000_000, validate=at_least_one)
METRICS_MAX_BYTES: int = env.int("METRICS_MAX_BYTES", 256 * 1024 * 1024, validate=at_least_one)
METRICS_MAX_ROWS: int = env.int("METRICS_MAX_ROWS", 5_000_000, validate=at_least_one)
SLICE_SECONDS: float = env.float("SLICE_SECONDS", 1.0)  # work done by one task
LEASE_SECONDS: int = env.int("LEASE_SECONDS", 30, validate=at_least_one)  # renewed by a heartbeat
STEP_SECONDS: int = env.int("STEP_SECONDS", 200, validate=validate.Range(1, 240))  # then it failed
BATCH_ROWS: int = env.int("BATCH_ROWS", 5_000, validate=at_least_one)  # rows per transaction
# Active products of a vendor, in percent, that a file of mode `replace` may deactivate unasked.
REPLACE_MAX_SHARE: int = env.int("REPLACE_MAX_SHARE", 20, validate=validate.Range(1, 100))
# When an import is held until a person has looked (imports/rules/holds.py); 0 for never.
HOLD_PRICE_FACTOR: int = env.int("HOLD_PRICE_FACTOR", 5, validate=at_least_zero)  # times
HOLD_DECIMAL_PERCENT: int = env.int("HOLD_DECIMAL_PERCENT", 25, validate=at_least_zero)
HOLD_ZEROED_PERCENT: int = env.int("HOLD_ZEROED_PERCENT", 50, validate=at_least_zero)
HOLD_MASS_PERCENT: int = env.int("HOLD_MASS_PERCENT", 50, validate=at_least_zero)
HOLD_SAME_PERCENT: int = env.int("HOLD_SAME_PERCENT", 90, validate=at_least_zero)
HOLD_TINY_PERCENT: int = env.int("HOLD_TINY_PERCENT", 50, validate=at_least_zero)
REVIEW_FIRST_UPLOADS: int = env.int("REVIEW_FIRST_UPLOADS", 3, validate=at_least_one)
REVIEW_REMINDER_HOURS: int = env.int("REVIEW_REMINDER_HOURS", 24, validate=at_least_one)
REVIEW_ALARM_HOURS: int = env.int("REVIEW_ALARM_HOURS", 4, validate=at_least_one)  # working hours
# Staff's working day, Monday to Friday: its first hour, how many it has, and by which clock.
WORKING_FROM: int = env.int("WORKING_FROM", 9, validate=validate.Range(0, 23))
WORKING_HOURS: int = env.int("WORKING_HOURS", 8, validate=validate.Range(1, 24))
WORKING_ZONE: str = env.str("WORKING_ZONE", "UTC", validate=a_zone)
REVIEW_DAYS: int = env.int("REVIEW_DAYS", 7, validate=at_least_one)  # then a held upload ends
API_REQUESTS_PER_MINUTE: int = env.int(  # of one token
    "API_REQUESTS_PER_MINUTE", 120, validate=at_least_one
)
API_UPLOADS_PER_MINUTE: int = env.int(  # of these, requests that start an import
    "API_UPLOADS_PER_MINUTE", 20, validate=at_least_one
)
MAX_STORED_ERRORS: int = env.int("MAX_STORED_ERRORS", 100_000, validate=at_least_one)  # per upload
MAX_ATTEMPTS: int = env.int("MAX_ATTEMPTS", 8, validate=at_least_one)  # per batch, before failing
RETRY_BASE_SECONDS: float = env.float("RETRY_BASE_SECONDS", 2.0)  # first back-off; doubles
RETRY_MAX_SECONDS: float = env.float("RETRY_MAX_SECONDS", 300.0)  # longest back-off
NEVER_ARRIVED_MINUTES: int = env.int("NEVER_ARRIVED_MINUTES", 15)  # wait for a form's object
HINT_GRACE_SECONDS: float = env.float("HINT_GRACE_SECONDS", 10.0)  # until a hint counts as lost
EVENT_GRACE_SECONDS: float = env.float("EVENT_GRACE_SECONDS", 120.0)  # S3 usually takes seconds
# How often beat sends each sweep. All but the last query the database, which wakes a paused one.
RESUME_EVERY_SECONDS: int = env.int("RESUME_EVERY_SECONDS", 30, validate=at_least_one)
MISSING_EVENTS_EVERY_SECONDS: int = env.int(
    "MISSING_EVENTS_EVERY_SECONDS", 300, validate=at_least_one
)
SCHEDULES_EVERY_SECONDS: int = env.int("SCHEDULES_EVERY_SECONDS", 60, validate=at_least_one)
CLEAN_UP_EVERY_SECONDS: int = env.int("CLEAN_UP_EVERY_SECONDS", 900, validate=at_least_one)
MAIL_EVENTS_EVERY_SECONDS: int = env.int("MAIL_EVENTS_EVERY_SECONDS", 60, validate=at_least_one)
DEAD_LETTERS_EVERY_SECONDS: int = env.int("DEAD_LETTERS_EVERY_SECONDS", 60, validate=at_least_one)
SOURCE_KEPT_HOURS: int = env.int("SOURCE_KEPT_HOURS", 24)  # source objects, after the upload ended
PERSONAL_KEPT_DAYS: int = env.int("PERSONAL_KEPT_DAYS", 30, validate=at_least_one)  # then erased
AUDIT_KEPT_DAYS: int = env.int("AUDIT_KEPT_DAYS", 90, validate=validate.Range(min=90))
REPORT_LINK_DAYS: int = env.int("REPORT_LINK_DAYS", 7)  # lifetime of the link in an email

# --- Polling SQS -----------------------------------------------------------------------------
SQS_WAIT_SECONDS: int = env.int("SQS_WAIT_SECONDS", 20, validate=validate.Range(1, 20))  # long poll
SQS_UNANSWERED_SECONDS: float = env.float("SQS_UNANSWERED_SECONDS", 35.0)  # then a poll is lost
HEALTH_FILE: str = env.str("HEALTH_FILE", "")  # touched at every answer; "" for none
FAILPOINTS: str = env.str("FAILPOINTS", "")  # fault tests only: directory of planned crashes

# --- Email -----------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL")
NOTIFICATION_EMAIL: str = env.str("NOTIFICATION_EMAIL", DEFAULT_FROM_EMAIL)  # staff's mailbox
NOTIFICATION_EMAILS: dict[str, str] = env.dict(  # per data set: clients=a@x.example,metrics=…
    "NOTIFICATION_EMAILS", {}
)
MAIL_CONFIGURATION_SET: str = env.str("MAIL_CONFIGURATION_SET")  # of SES: it publishes events
MAIL_ANSWER_SECONDS: int = env.int("MAIL_ANSWER_SECONDS", 15, validate=at_least_one)  # of SES
MAIL_RETRY_MAX_SECONDS: float = env.float("MAIL_RETRY_MAX_SECONDS", 7200.0)  # longest back-off
MAIL_TRIED_SECONDS: int = env.int("MAIL_TRIED_SECONDS", 24 * 3600)  # then an email is given up
SUPPORT_EMAIL: str = env.str("SUPPORT_EMAIL", NOTIFICATION_EMAIL)  # shown to vendors who need help
SUPPORT_URL: str = env.str("SUPPORT_URL", "")  # a support site to link as well; "" for none

# --- Monitoring ------------------------------------------------------------------------------
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")  # a Prometheus server's; "" for no /metrics

# --- Logins ----------------------------------------------------------------------------------
STAFF_NEED_MFA: bool = env.bool("STAFF_NEED_MFA", not LOCAL)  # two-step login for all staff

# --- Webhooks --------------------------------------------------------------------------------
WEBHOOK_ANSWER_SECONDS: int = env.int("WEBHOOK_ANSWER_SECONDS", 15, validate=at_least_one)
WEBHOOKS_TO_THIS_MACHINE = LOCAL  # elsewhere to public addresses only, and with HTTPS only

try:
    env.seal()
except EnvValidationError as error:
    raise ImproperlyConfigured(f"Invalid settings: {error.error_messages}") from error

if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 32 characters.")

if FAILPOINTS and not LOCAL:
    raise ImproperlyConfigured("FAILPOINTS kills processes. It is for tests, not deployments.")

if max(UPLOAD_MAX_BYTES, METRICS_MAX_BYTES) >= INCOMING_MAX_BYTES:
    raise ImproperlyConfigured("INCOMING_MAX_BYTES must be greater than the size of any one file.")

if not LOCAL and any(host.startswith((".", "*")) for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name each host; it takes no wildcards.")

if DB_SECRET_NAME and DB_SSM_PARAMETER:
    raise ImproperlyConfigured("Set DB_SECRET_NAME or DB_SSM_PARAMETER, not both.")

if DB_MASTER_SECRET_NAME and not (DB_SECRET_NAME or DB_SSM_PARAMETER):
    raise ImproperlyConfigured("DB_MASTER_SECRET_NAME requires DB_SECRET_NAME or DB_SSM_PARAMETER.")

if WORKER_SERVICE and not re.fullmatch(r"[\w-]+/[\w-]+", WORKER_SERVICE):
    raise ImproperlyConfigured("WORKER_SERVICE must have the form cluster/service.")

# --- Django ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its theme; the admin site is our own
    "unfold.contrib.filters",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_htmx",
    "allauth.account",
    "allauth.mfa",
    "onboarding",
    "imports",
    "warehouse",
    "catalog",
    "vendors",
]
MIDDLEWARE = [
    "config.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "onboarding.middleware.csv_gzip.CsvGzipMiddleware",
    "csp.middleware.CSPMiddleware",
    "onboarding.api.middleware.ApiMiddleware",
    "onboarding.middleware.health.HealthMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "onboarding.middleware.sign_in.SignInMiddleware",
    "onboarding.people.security.required.StaffNeedFactorMiddleware",
    "onboarding.middleware.time_zone.TimeZoneMiddleware",
    "onboarding.middleware.blank_answers.BlankAnswersMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",  # reads the body, so only for those who may send
    "onboarding.middleware.odd_input.OddInputMiddleware",
    "onboarding.middleware.for_vendor.ForVendorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "onboarding.middleware.admission.AdmissionMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True

DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "config.database",
        "CONN_MAX_AGE": CONN_MAX_AGE,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": DB_CONNECT_TIMEOUT,
            # To compile a statement takes longer than any of ours. The default is on, on RDS, too.
            "options": "-c jit=off",
            **DATABASE.get("OPTIONS", {}),
        },
    }
}

AUTHENTICATION_BACKENDS = [
    "vendors.login_limits.LimitedBackend",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Lockouts apply to a user name and an address together, so that wrong passwords from elsewhere
# cannot lock out a vendor.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.client_address.client_address"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # and no row grows with each further attempt
AXES_USERNAME_CALLABLE = "vendors.login_limits.name_for_axes"
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # vendors/admin.py shows failed logins

# Second factors by django-allauth. Its addresses, limits and emails are not used: ours are in
# onboarding/urls.py, vendors/login_limits.py, vendors/second_factor.py, onboarding/people/security.
ACCOUNT_ADAPTER = "onboarding.people.security.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # counted in a cache, which each process has alone
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # of a form that has no address
MFA_ADAPTER = "onboarding.people.security.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # its own table of addresses stays empty
MFA_PASSKEY_LOGIN_ENABLED = True
# Of every passkey: it may be all that a login needs, and one that was asked for as a second step
# must not be worth more than what was checked.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a clock may be wrong

# --- HTTPS and cookies -----------------------------------------------------------------------
SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # load balancers use plain HTTP
SECURE_PROXY_SSL_HEADER = (
    None if LOCAL else (f"HTTP_{PROXY_HEADERS.upper().replace('-', '_')}_PROTO", "https")
)
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "onboarding_session"
SESSION_ENGINE = "config.sessions"
CSRF_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
X_FRAME_OPTIONS = "DENY"

# The portal has no inline scripts or styles and loads nothing from other hosts. Downloads redirect
# to the bucket, which needs no permission here because it is a navigation.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
# The admin's widgets (Alpine.js in unfold) evaluate expressions in attributes. Its pages are for
# staff only and escape vendors' text; see docs/decisions.
ADMIN_CONTENT_SECURITY_POLICY = CONTENT_SECURITY_POLICY["DIRECTIVES"] | {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# --- Files -----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = None if LOCAL else BASE_DIR / "staticfiles"
# No collectstatic step on a developer's machine, and files are looked up when they are asked for:
# looking at all of them took an eighth of the time of tests that request pages.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = LOCAL
# Else the SDK describes itself again for every request, for an eighth of its time.
AWS_USER_AGENT = f"Boto3/{boto3_version}"
S3_CLIENT_CONFIG = Config(
    user_agent=AWS_USER_AGENT,
    region_name=AWS_REGION,
    signature_version="s3v4",
    s3={"addressing_style": "path" if AWS_ENDPOINT_URL else "virtual"},
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
)
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "client_config": S3_CLIENT_CONFIG,
            "endpoint_url": AWS_ENDPOINT_URL,
            "region_name": AWS_REGION,
            "file_overwrite": True,  # keys contain our own IDs, and the bucket keeps old versions
            "default_acl": None,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# The first handler stops a file above its sender's limit before it is written to disk.
FILE_UPLOAD_HANDLERS = [
    "onboarding.uploads.upload_checks.NoLargerThanAllowed",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_500  # the columns of a file; the page that fixes rows
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# --- Sending email ---------------------------------------------------------------------------
EMAIL_BACKEND = "django_ses.SESBackend"
AWS_SES_REGION_NAME = AWS_REGION
AWS_SES_REGION_ENDPOINT_URL = AWS_ENDPOINT_URL or f"https://email.{AWS_REGION}.amazonaws.com"
AWS_SES_AUTO_THROTTLE = None  # emails have a back-off of their own
MAIL_CONNECT_SECONDS = 5
# One attempt: SES has no idempotency key, so a retry after a timeout may send a second email.
AWS_SES_CONFIG = Config(
    user_agent=AWS_USER_AGENT,
    connect_timeout=MAIL_CONNECT_SECONDS,
    read_timeout=MAIL_ANSWER_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 1},
)

# --- Celery (read by config/celery.py under the CELERY_ prefix) --------------------------------
QUEUE_URLS = {
    "imports": IMPORTS_QUEUE_URL,
    "maintenance": MAINTENANCE_QUEUE_URL,
    "mail": MAIL_QUEUE_URL,
    "webhooks": WEBHOOKS_QUEUE_URL,
}
CELERY_BROKER_URL = "sqs://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "region": AWS_REGION,
    "predefined_queues": {name: {"url": url} for name, url in QUEUE_URLS.items()},
    "polling_interval": 0,  # the default of 1 s limits a worker to two tasks per second
    "wait_time_seconds": SQS_WAIT_SECONDS,
    "unanswered_after_seconds": SQS_UNANSWERED_SECONDS,  # read by config/sqs.py
    "health_file": HEALTH_FILE,
    "sqs_base64_encoding": False,
    "client-config": {"connect_timeout": 5, "read_timeout": 30},
}
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {name: {} for name in QUEUE_URLS}
CELERY_TASK_DEFAULT_QUEUE = "imports"
CELERY_TASK_IGNORE_RESULT = True
# Otherwise beat sends a task that deletes old results each day, which starts a worker for nothing.
CELERY_RESULT_EXPIRES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = False  # a task that raises ends in the dead-letter queue
# Ends a process that its step's own limit cannot interrupt. Less than the visibility timeout of the
# queues, which is 300 s, so that a task and its redelivered copy never run at the same time.
CELERY_TASK_TIME_LIMIT = STEP_SECONDS + 40
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "config.consumer:Consumer"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    name: {
        "task": f"imports.tasks.{name}",
        "schedule": float(seconds),
        "options": {"queue": queue},
    }
    for name, queue, seconds in (
        ("resume_stalled", "maintenance", RESUME_EVERY_SECONDS),
        ("find_missing_events", "maintenance", MISSING_EVENTS_EVERY_SECONDS),
        ("run_schedules", "maintenance", SCHEDULES_EVERY_SECONDS),
        ("clean_up", "maintenance", CLEAN_UP_EVERY_SECONDS),
        ("watch_dead_letters", "maintenance", DEAD_LETTERS_EVERY_SECONDS),
        ("read_mail_events", "mail", MAIL_EVENTS_EVERY_SECONDS),
    )
}

# --- Logs ------------------------------------------------------------------------------------
LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}

# --- The admin's look --------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "TechMart onboarding",
    "SITE_HEADER": "TechMart onboarding",
    "SITE_SYMBOL": "inventory_2",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "href": lambda _: static("onboarding/logo.svg")}],
    "STYLES": [lambda _: static("imports/admin/admin.css")],
    "SCRIPTS": [lambda _: static("imports/admin/names.js")],
    "SIDEBAR": {"navigation": "imports.admin.navigation.sidebar"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
}
