"""The project: wiring, no rules."""

from qsm.celery import app as celery_app

__all__ = ["celery_app"]
