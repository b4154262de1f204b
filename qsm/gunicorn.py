"""How gunicorn serves the portal, demo and production: `gunicorn -c python:qsm.gunicorn qsm.wsgi`."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000").split(",")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = int(os.environ.get("WEB_TIMEOUT", "60"))
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_TIMEOUT", "8"))
keepalive = 5
# A search carries its pasted order numbers in the address.
limit_request_line = 8190
# A leak of memory stays small, and the workers do not all begin anew at once.
max_requests = 2000
max_requests_jitter = 400
# Which proxies may say that a request came by HTTPS.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
# Workers' heartbeats: on a slow disk a healthy worker would be taken for a hanging one.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# No access log: addresses may carry the tokens of mailed links. The error log is Django's `gunicorn.error`,
# with its mask, from the moment a worker has loaded the portal.
accesslog = None
control_socket_disable = True
