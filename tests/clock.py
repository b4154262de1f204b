"""The tests' one clock: a morning of the guide, and times of Japan by their text."""

from datetime import datetime

from claims.deadlines import JAPAN


def japan(text: str) -> datetime:
    """「2021-07-29」 or 「2021-07-29 23:59:59」 in Japan, aware."""
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN)


NOW = japan("2021-07-13 10:00")
