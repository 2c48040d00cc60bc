"""All settings, read from the environment. docs/settings.md lists them; `bin/up` fills what is not given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("GATEHOUSE_VAR", BASE_DIR / "var"))


def _flag(name: str) -> bool:
    return os.environ.get(name, "0").lower() in {"1", "true", "yes"}


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "gatehouse",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or unquote(parts.hostname or ""),
        "PORT": str(query.get("port") or parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "gatehouse"},
    }


# core
DEBUG = _flag("GATEHOUSE_DEBUG")
SECRET_KEY = os.environ.get("GATEHOUSE_SECRET_KEY", "not-a-secret-for-debug-only" if DEBUG else "")
FIELD_KEYS = os.environ.get("GATEHOUSE_FIELD_KEYS", "")
ALLOWED_HOSTS = _list("GATEHOUSE_HOSTS", "localhost,127.0.0.1,[::1]")
BASE_URL = os.environ.get("GATEHOUSE_BASE_URL", "http://localhost:8000")
ALLOWED_TARGETS = _list("GATEHOUSE_ALLOWED_TARGETS")
EVALUATION_SHARDS = int(os.environ.get("GATEHOUSE_SHARDS", "2"))
EVALUATION_LEASE_S = float(os.environ.get("GATEHOUSE_LEASE_S", "20"))
CONSULTANCY_NAME = os.environ.get("GATEHOUSE_CONSULTANCY", "Northlight")
ROOT_URLCONF = "portal.config.urls"
WSGI_APPLICATION = "portal.config.wsgi.application"
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", "postgres://localhost/gatehouse"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "portal",
    "engagements",
    "assessments",
    "demos",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "drf_spectacular",
]

MIDDLEWARE = [
    "portal.web.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.web.headers.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.web.middleware.TenantScope",
    "portal.web.middleware.DomainErrors",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.page",
            ]
        },
    }
]

# language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# static files
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("GATEHOUSE_STATIC") or None
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True

# people
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Guardian is asked through portal.access only; e-mail is unique whatever its case (constraint on Lower).
SILENCED_SYSTEM_CHECKS = ["guardian.W001", "auth.W004"]
GUARDIAN_RAISE_403 = False
GUARDIAN_AUTO_PREFETCH = False
ANONYMOUS_USER_NAME = None
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("GATEHOUSE_TRUSTED_PROXIES", "0"))
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {"reset_password": "portal.forms.ForgottenForm"}
ACCOUNT_ADAPTER = "portal.web.account.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
PASSWORD_RESET_TIMEOUT = 3600  # seconds; said on the page and in the mail
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _flag("GATEHOUSE_TLS") else "http"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Gatehouse"
MFA_ADAPTER = "portal.web.account.MfaAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True

# sessions, cookies, transport
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _flag("GATEHOUSE_TLS")
SECURE_HSTS_SECONDS = 31_536_000 if _flag("GATEHOUSE_TLS") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _flag("GATEHOUSE_TLS")
SECURE_SSL_REDIRECT = _flag("GATEHOUSE_TLS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("GATEHOUSE_TLS") else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None

# Valkey: cache (rate limits of sign-in live there) and broker
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1200,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "deliver what waits in the outbox": {
        "task": "portal.deliver_outbox", "schedule": 10, "options": {"queue": "deliver", "expires": 10},
    },
    "send the mails of forgotten passwords": {
        "task": "portal.deliver_resets", "schedule": 10, "options": {"queue": "deliver", "expires": 10},
    },
    "forget expired idempotency keys": {
        "task": "portal.forget_expired_keys", "schedule": 3600, "options": {"queue": "default"},
    },
    "free expired leases of runs": {
        "task": "demos.sweep_runs", "schedule": 10, "options": {"queue": "default", "expires": 10},
    },
    "close tests whose worker is gone": {
        "task": "demos.sweep_tests", "schedule": 10, "options": {"queue": "default", "expires": 10},
    },
    "start the runs that are due": {
        "task": "demos.tick_schedules", "schedule": 30, "options": {"queue": "default", "expires": 30},
    },
    "delete texts whose time is over": {
        "task": "demos.delete_texts", "schedule": 3600, "options": {"queue": "default", "expires": 3600},
    },
    "see what the date brings to gates": {
        "task": "engagements.tick", "schedule": 600, "options": {"queue": "default", "expires": 600},
    },
    "let evidence and acceptances end": {
        "task": "assessments.refresh_all", "schedule": 3600, "options": {"queue": "default", "expires": 3600},
    },
}  # fmt: skip

# evidence
EVIDENCE_MAX_BYTES = int(os.environ.get("GATEHOUSE_EVIDENCE_MAX_MB", "25")) * 1_000_000
EVIDENCE_SCANNER = os.environ.get("GATEHOUSE_EVIDENCE_SCANNER", "")  # reads a file on its input; 1 = a find

# mail
DEFAULT_FROM_EMAIL = os.environ.get("GATEHOUSE_MAIL_FROM", "Gatehouse <gatehouse@localhost>")
_smtp = urlsplit(os.environ.get("GATEHOUSE_SMTP_URL", ""))
if _smtp.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _smtp.hostname, _smtp.port or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_smtp.username or ""), unquote(_smtp.password or "")
    EMAIL_USE_TLS = EMAIL_PORT == 587
    EMAIL_TIMEOUT = 15
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")

# API
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.scopes.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.GatehouseSchema",
    "EXCEPTION_HANDLER": "portal.api.problems.problem_response",
    "DEFAULT_PAGINATION_CLASS": "portal.api.paging.CreatedCursor",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "DESCRIPTION": "Prove an AI system before anyone pays for it.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "CaseCategoryEnum": "demos.vocabulary.CaseCategory",
        "EvidenceKindEnum": "engagements.vocabulary.EvidenceKind",
        "CostKindEnum": "assessments.vocabulary.CostKind",
        "PainKindEnum": "assessments.vocabulary.PainKind",
        "ReportKindEnum": "engagements.vocabulary.ReportKind",
        "SystemKindEnum": "demos.engine.targets.spec.TargetKind",
        "LoadStepKindEnum": "demos.engine.arrivals.StepKind",
        "LeakKindEnum": "demos.vocabulary.LeakKind",
        "TrialStatusEnum": "demos.vocabulary.TrialStatus",
        "JudgingStatusEnum": "demos.vocabulary.JudgingStatus",
        "ReviewLabelEnum": "demos.vocabulary.ReviewLabel",
    },
    "PREPROCESSING_HOOKS": ["portal.api.routes.without_slashes"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.schema.add_problem",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "celery": {"level": "WARNING"}},
}
