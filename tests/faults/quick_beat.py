"""The portal's Celery application with a clock that ticks every second, for tests that wait for no minute."""

from qsm.celery import app

TICKING = ("complete-lapsed", "send-notices")
app.conf.beat_schedule = {
    name: {**app.conf.beat_schedule[name], "schedule": 1.0, "options": {"expires": 5}} for name in TICKING
}
