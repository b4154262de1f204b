"""Every setting, in one file; the environment overrides."""

from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from kombu import Queue

env = environ.Env()
ROOT = Path(__file__).resolve().parent.parent

# --- what a machine must be told ---------------------------------------------------------------
# No default: without it Django refuses to sign anything. The demo makes one in its data folder.
SECRET_KEY = env("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PUBLIC_URL = env("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
HTTPS = env.bool("HTTPS", default=True)
# True in the demo and the tests only: lets `complete_lapsed --now` look ahead of the clock.
PLAYGROUND = env.bool("PLAYGROUND", default=False)

# --- the rules' numbers [SPEC: marked D] -------------------------------------------------------
LOCK_DAYS = env.int("LOCK_DAYS", default=5)
FILING_DAYS = env.int("FILING_DAYS", default=7)
BOARD_ENDED_DAYS = env.int("BOARD_ENDED_DAYS", default=90)
LATE_DAYS = env.int("LATE_DAYS", default=3)
REMINDER_DAY = env.int("REMINDER_DAY", default=4)
REMINDER_HOUR = env.int("REMINDER_HOUR", default=9)
SWEEP_BATCH = env.int("SWEEP_BATCH", default=500)
NOTICE_LEASE_SECONDS = env.int("NOTICE_LEASE_SECONDS", default=120)
# Claims that one request may be asked for: each is a transaction, and all must fit into WEB_TIMEOUT.
BULK_MAX = env.int("BULK_MAX", default=200)
# One run of the sender begins no mail after so many seconds; its lease outlasts it by a minute.
NOTICE_RUN_SECONDS = env.int("NOTICE_RUN_SECONDS", default=60)
# A mail that the server refuses is parked after so many tries, one that it only puts off after these days.
NOTICE_ATTEMPTS = env.int("NOTICE_ATTEMPTS", default=5)
NOTICE_GIVE_UP_DAYS = env.int("NOTICE_GIVE_UP_DAYS", default=5)
# Files: how many with one message, request or claim, and how large each may be.
FILES_MAX = env.int("FILES_MAX", default=5)
FILE_MAX_BYTES = env.int("FILE_MAX_BYTES", default=10_000_000)
# 翻訳: deepl, libretranslate, or empty for none (messaging/translators.py).
TRANSLATOR = env("TRANSLATOR", default="")
TRANSLATIONS_AN_HOUR = env.int("TRANSLATIONS_AN_HOUR", default=60)  # each member
DEEPL_AUTH_KEY = env("DEEPL_AUTH_KEY", default="")
DEEPL_URL = env("DEEPL_URL", default="")
LIBRETRANSLATE_URL = env("LIBRETRANSLATE_URL", default="")
LIBRETRANSLATE_API_KEY = env("LIBRETRANSLATE_API_KEY", default="")
# Where 「販売ガイドはこちら」 in the composer leads.
SELLER_GUIDE_URL = env("SELLER_GUIDE_URL", default="https://article-university.qoo10.jp/")
# Files of claims: what is written or read while somebody waits, in rows; the rest is the worker's.
EXPORT_DIRECT_ROWS = env.int("EXPORT_DIRECT_ROWS", default=10_000)
IMPORT_DIRECT_ROWS = env.int("IMPORT_DIRECT_ROWS", default=500)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=200_000)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=50_000_000)
REQUEST_MAX_BYTES = max(FILES_MAX * FILE_MAX_BYTES, IMPORT_MAX_BYTES) + 5_000_000
# Where 「Go」 beside a product's name leads.
PRODUCT_URL = env(
    "PRODUCT_URL", default="https://www.qoo10.jp/gmkt.inc/Goods/Goods.aspx?goodscode={item_code}"
)
# Tracking pages of more carriers than carriers.py knows, a JSON object: {"福山通運": "https://…{number}"}.
TRACKING_URLS = env.json("TRACKING_URLS", default={})

# --- Django --------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "qsm",
    "qsm.accounts",
    "claims",
    "messaging",
    "qsm.apps.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "allauth",
    "allauth.account",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "qsm.middleware.CleanInputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "qsm.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qsm.middleware.PortalMiddleware",
]
ROOT_URLCONF = "qsm.urls"
WSGI_APPLICATION = "qsm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- data ----------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {}
if env("DATABASE_URL", default=""):
    DATABASES["default"] = env.db("DATABASE_URL")
    DATABASES["default"] |= {
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
        "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s"
    )
REDIS_URL = env("REDIS_URL", default="redis://localhost:6379/0")
# The cache holds sign-in limits only. It lives in PostgreSQL, so that a dead Redis locks nobody out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "qsm_cache",
        # Django's 300 would let anybody wash the limits away by guessing at 150 names.
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(ROOT / "staticfiles"))
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env(
            "STATICFILES_BACKEND", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
MEDIA_ROOT = env("MEDIA_ROOT", default=str(ROOT / "media"))
# Nobody reaches a file by its address in the storage: the views of claims/file_views.py serve them.
MEDIA_URL = "/no-such-address/"

# --- people --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "qsm.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "【J・QSM】"
ACCOUNT_RATE_LIMITS = {
    "login": env("SIGN_IN_LIMIT", default="30/m/ip"),
    # "key" is login plus address (adapter.py): nobody can lock somebody else out.
    "login_failed": env("SIGN_IN_FAILURE_LIMIT", default="20/m/ip,5/5m/key"),
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# --- words and days ------------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("日本語"))]
LOCALE_PATHS = [ROOT / "qsm" / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

# --- mail ----------------------------------------------------------------------------------------
EMAIL = env.email_url("EMAIL_URL", default="smtp://localhost:25")
if EMAIL["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend":
    EMAIL["EMAIL_BACKEND"] = "qsm.mail_files.EmailBackend"  # one file a mail
vars().update(EMAIL)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="J・QSM <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- security ------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# `same-origin`, not `no-referrer`: with the latter a browser posts `Origin: null` and CSRF refuses it.
# The mail's link sets `no-referrer` itself.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.int("TRUSTED_PROXY_COUNT", default=0):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- clock ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
# The beat's next tick is the retry: with a late ack in flight, Celery 5.7 ends when Redis dies.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 300
# Mails have a queue of their own: a mail server that hangs holds up no sweep. A worker without -Q serves all.
CELERY_TASK_DEFAULT_QUEUE = "celery"
# Long work on files has one too: give it a worker of its own (`-Q files`), so that no sweep waits behind it.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("mail"), Queue("files")]
CELERY_TASK_ROUTES = {
    "messaging.tasks.send_notices": {"queue": "mail"},
    "claims.tasks.run_export": {"queue": "files"},
    "claims.tasks.run_import": {"queue": "files"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 5
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,  # a request that wakes the sender never waits for a dead broker
    "socket_timeout": 2,  # nor long for one that hangs
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_BEAT_SCHEDULE = {
    "complete-lapsed": {
        "task": "claims.tasks.complete_lapsed",
        "schedule": crontab(),  # the first second of every minute
        "options": {"expires": 50},
    },
    "discard-forgotten-files": {
        "task": "claims.tasks.discard_forgotten_files",
        "schedule": crontab(hour=4, minute=30),
        "options": {"expires": 3600},
    },
    "forget-bulk-runs": {
        "task": "claims.tasks.forget_bulk_runs",
        "schedule": crontab(hour=4, minute=40),
        "options": {"expires": 3600},
    },
    "look-after-jobs": {
        "task": "claims.tasks.look_after_jobs",
        "schedule": crontab(),
        "options": {"expires": 50},
    },
    "post-reminders": {
        "task": "messaging.tasks.post_reminders",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "send-notices": {
        "task": "messaging.tasks.send_notices",
        "schedule": crontab(),
        "options": {"expires": 50},
    },
}

# --- logs ----------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask": {"()": "qsm.logs.MaskLinks"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "filters": ["mask"], "formatter": "line"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
