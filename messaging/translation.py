"""翻訳: when a message is translated, by whom, and what leaves the house for it (SPEC 4.6)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from claims.eligibility import Blocker
from claims.transitions import Refused
from messaging import personal_data
from messaging.models import Language, Message, Translation
from messaging.translators import TranslationFailed, translator
from qsm.accounts.models import User

log = logging.getLogger(__name__)

UNDER_WAY = timedelta(seconds=30)  # who is asked for longer has died on the way


def translate(message: Message, language: Language, *, by: User, now: datetime) -> Translation:
    """`message` in `language`: as it was kept, or translated now and kept.

    Personal data are masked before the text leaves. The engine is asked outside any transaction, once,
    however many ask. Raises Refused: no engine, over settings.TRANSLATIONS_AN_HOUR for this person,
    somebody's request under way, or the engine fails (nothing is kept then, and nothing counted).
    """
    kept = message.translations.filter(language=language).exclude(body="").first()
    if kept:
        return kept
    engine = translator()
    if engine is None:
        raise Refused([no_engine()])
    lately = Translation.objects.filter(asked_by=by, asked_at__gt=now - timedelta(hours=1))
    if lately.count() >= settings.TRANSLATIONS_AN_HOUR:
        text = _("翻訳は1時間に%s件までです。しばらくしてからもう一度お試しください。")
        raise Refused([Blocker("limit", text % settings.TRANSLATIONS_AN_HOUR)])
    mine = _begin(message, language, by=by, now=now)
    texts = [personal_data.masked(text, message.order) for text in (message.title, message.body)]
    try:
        title, body = engine.translate(texts, to=language)
        if not body.strip():
            raise TranslationFailed("empty")
    except TranslationFailed as failure:
        mine.delete()
        log.warning("%s did not translate message %s: %s", engine.name, message.pk, failure)
        text = _(
            "翻訳サービス（%s）から翻訳を受け取れませんでした。少し待ってからもう一度お試しください。"
            "原文はそのままです。"
        )
        raise Refused([Blocker("failed", text % engine.name)]) from failure
    except BaseException:
        mine.delete()
        raise
    mine.title, mine.body, mine.engine = title, body, engine.name
    mine.save(update_fields=["title", "body", "engine"])
    return mine


def no_engine() -> Blocker:
    """Why 翻訳 cannot be used, and how its engine is set."""
    return Blocker(
        "no_engine",
        _(
            "翻訳エンジンが設定されていないため使えません。管理者が環境変数 TRANSLATOR に deepl（DEEPL_AUTH_KEY も必要）"
            "または libretranslate（LIBRETRANSLATE_URL も必要）を設定すると使えるようになります。"
        ),
    )


def _begin(message: Message, language: Language, *, by: User, now: datetime) -> Translation:
    """The row that says who is at it; the unique key lets one through."""
    row, created = Translation.objects.get_or_create(
        message=message, language=language, defaults={"asked_by": by, "asked_at": now}
    )
    if created:
        return row
    orphan = Translation.objects.filter(pk=row.pk, body="", asked_at__lte=now - UNDER_WAY)
    if not orphan.update(asked_by=by, asked_at=now):
        raise Refused([Blocker("under_way", _("翻訳中です。数秒後にもう一度押してください。"))])
    row.refresh_from_db()
    return row
