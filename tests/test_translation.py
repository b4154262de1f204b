"""翻訳: both engines over their documented HTTP; kept, masked, limited, and kind when it fails (SPEC 4.6)."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from claims.transitions import Refused
from messaging import translation, translators
from messaging.models import Language, Translation
from tests import translation_server
from tests.clock import NOW
from tests.pages import read

ENGINES = {"deepl": "DeepL", "libretranslate": "LibreTranslate"}


@pytest.fixture
def server():
    with translation_server.running() as server:
        yield server


@pytest.fixture
def engine(settings, server):
    """Chooses the engine of the settings; the server answers for it."""

    def choose(name):
        settings.TRANSLATOR = name
        settings.DEEPL_AUTH_KEY, settings.DEEPL_URL = "the-key:fx", server.url
        settings.LIBRETRANSLATE_URL, settings.LIBRETRANSLATE_API_KEY = server.url, "the-key"
        return server

    return choose


@pytest.fixture(params=ENGINES)
def either(request, engine):
    return engine(request.param)


def address(message):
    return f"/shops/AMUSE_official/inquiries/messages/{message.pk}/translation/"


def press(client, message, language="en", **headers):
    return client.post(address(message), {"language": language, "next": "/x/?page=2"}, headers=headers)


HTMX = {"HX-Request": "true"}


def test_deepl_is_asked_as_its_documentation_says(engine, a_message, amuse, clock):
    server = engine("deepl")
    done = translation.translate(a_message(), Language.ENGLISH, by=amuse.user, now=NOW)
    (asked,) = server.asked
    assert (asked["path"], asked["key"]) == ("/v2/translate", "DeepL-Auth-Key the-key:fx")
    assert asked["target_lang"] == "EN-US"
    assert asked["text"] == [
        "639113330よりキャンセル関連のお問い合わせ",
        "注文した色と違う色が届いたようです。",
    ]
    assert done.body == "[EN-US] 注文した色と違う色が届いたようです。"
    assert (done.engine, done.asked_by, done.asked_at) == ("DeepL", amuse.user, NOW)


def test_libretranslate_is_asked_as_its_documentation_says(engine, a_message, amuse, clock):
    server = engine("libretranslate")
    done = translation.translate(a_message(), Language.KOREAN, by=amuse.user, now=NOW)
    (asked,) = server.asked
    assert asked == {
        "path": "/translate",
        "key": "",
        "q": ["639113330よりキャンセル関連のお問い合わせ", "注文した色と違う色が届いたようです。"],
        "source": "auto",
        "target": "ko",
        "format": "text",
        "api_key": "the-key",
    }
    assert done.title == "[ko] 639113330よりキャンセル関連のお問い合わせ"


def test_what_was_translated_is_kept_and_paid_for_once(either, a_message, amuse, clerk, clock):
    message = a_message()
    first = translation.translate(message, Language.ENGLISH, by=amuse.user, now=NOW)
    again = translation.translate(message, Language.ENGLISH, by=clerk.user, now=NOW + timedelta(days=90))
    assert again == first
    assert len(either.asked) == 1
    translation.translate(message, Language.CHINESE, by=amuse.user, now=NOW)
    assert len(either.asked) == 2


def test_personal_data_are_masked_before_they_leave(either, a_message, amuse, clock):
    message = a_message(
        title="090-1234-5678 へ", body="yunjee@example.com か 〒273-0017 千葉県船橋市西浦3-4-2 まで。"
    )
    translation.translate(message, Language.ENGLISH, by=amuse.user, now=NOW)
    left = str(either.asked)
    for personal in ("090-1234", "yunjee@", "273-0017", "船橋市"):
        assert personal not in left
    message.refresh_from_db()
    assert "090-1234-5678" in message.title, "the original stays"


FAILURES = {
    "over quota": (456, {"message": "Quota exceeded"}),
    "wrong key": (403, {"message": "Forbidden", "error": "Invalid API key"}),
    "too many": (429, {"error": "Slowdown"}),
    "broken": (500, b"<html>oops</html>"),
    "elsewhere": (302, b""),
    "no JSON": (200, b"<html>hello</html>"),
    "another shape": (200, {"translatedText": "one text", "translations": {}}),
    "too few": (
        200,
        {
            "translatedText": ["x"],
            "translations": [{"detected_source_language": "JA", "text": "x", "billed_characters": 1}],
        },
    ),
    "nothing": (
        200,
        {
            "translatedText": ["", " "],
            "translations": [{"detected_source_language": "JA", "text": "", "billed_characters": 1}] * 2,
        },
    ),
}


@pytest.mark.parametrize(("status", "answer"), FAILURES.values(), ids=FAILURES)
def test_an_engine_that_fails_is_told_kindly_and_nothing_is_kept(
    either, a_message, amuse, clock, status, answer
):
    either.status, either.answer = status, answer
    message = a_message()
    with pytest.raises(Refused) as refusal:
        translation.translate(message, Language.ENGLISH, by=amuse.user, now=NOW)
    assert "もう一度お試しください" in refusal.value.reasons[0].text
    assert not Translation.objects.exists()
    either.status, either.answer = 200, None
    assert translation.translate(message, Language.ENGLISH, by=amuse.user, now=NOW).body


def test_an_engine_that_is_silent_is_given_up(either, a_message, amuse, monkeypatch):
    monkeypatch.setattr(translators, "TIMEOUT", 0.3)
    either.proceed.clear()
    with pytest.raises(Refused):
        translation.translate(a_message(), Language.ENGLISH, by=amuse.user, now=NOW)
    assert not Translation.objects.exists()


def test_five_seconds_is_what_somebody_waits():
    assert translators.TIMEOUT == 5


def test_an_engine_that_is_not_there_is_told(engine, a_message, amuse, clock, settings):
    for name in ENGINES:
        engine(name)
        settings.DEEPL_URL = settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"
        with pytest.raises(Refused):
            translation.translate(a_message(), Language.ENGLISH, by=amuse.user, now=NOW)


def test_each_person_has_his_number_an_hour(either, a_message, amuse, clerk, clock, settings):
    settings.TRANSLATIONS_AN_HOUR = 2
    for _ in range(2):
        translation.translate(a_message(), Language.ENGLISH, by=amuse.user, now=NOW)
    with pytest.raises(Refused) as refusal:
        translation.translate(a_message(), Language.ENGLISH, by=amuse.user, now=NOW)
    assert "1時間に2件まで" in refusal.value.reasons[0].text
    assert len(either.asked) == 2
    translation.translate(a_message(), Language.ENGLISH, by=clerk.user, now=NOW)
    translation.translate(a_message(), Language.ENGLISH, by=amuse.user, now=NOW + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_pay_once(engine, a_message, amuse, clerk):
    server = engine("libretranslate")
    server.proceed.clear()
    message, outcomes = a_message(), []

    def press(member):
        try:
            outcomes.append(
                translation.translate(message, Language.ENGLISH, by=member.user, now=NOW).body[:4]
            )
        except Refused as refused:
            outcomes.append(refused.reasons[0].code)
            server.proceed.set()
        connections.close_all()

    threads = [threading.Thread(target=press, args=[member]) for member in (amuse, clerk)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["[en]", "under_way"]
    assert len(server.asked) == 1


def test_who_died_on_the_way_is_taken_over(engine, a_message, amuse, clerk, clock):
    engine("deepl")
    message = a_message()
    Translation.objects.create(message=message, language="en", asked_by=amuse.user, asked_at=NOW)
    soon, later = NOW + timedelta(seconds=29), NOW + timedelta(seconds=30)
    with pytest.raises(Refused):
        translation.translate(message, Language.ENGLISH, by=clerk.user, now=soon)
    assert translation.translate(message, Language.ENGLISH, by=clerk.user, now=later).asked_by == clerk.user


@pytest.mark.parametrize("name", ["deepl", "libretranslate", "other"])
def test_an_engine_without_its_settings_is_a_fault_of_the_settings(settings, name):
    settings.TRANSLATOR = name
    with pytest.raises(ImproperlyConfigured, match="TRANSLATOR"):
        translators.translator()


# --- the screen ------------------------------------------------------------------------------------


def test_the_pane_translates_a_message_below_its_original(
    engine, a_claim, a_message, client_of, amuse, clock
):
    engine("deepl")
    claim = a_claim()
    message = a_message(order=claim.order)
    client = client_of(amuse)
    pane = read(client.get(claim.get_absolute_url()))
    form = pane.one("div", id=f"translation-{message.pk}").one("form")
    languages = form.one("select", name="language").all("option")
    assert [option.text for option in languages] == ["ENGLISH", "JAPANESE", "한국어", "中文"]
    assert [option["value"] for option in languages if "selected" in option] == ["en"]
    part = read(press(client, message, **HTMX)).one("div", id=f"translation-{message.pk}")
    assert "機械翻訳（DeepL）" in part.text
    assert "[EN-US] 注文した色と違う色が届いたようです。" in part.text
    response = press(client, message)
    assert (response.status_code, response["Location"]) == (303, f"/x/?page=2#translation-{message.pk}")
    shown = read(client.get(claim.get_absolute_url()))
    assert "[EN-US] 注文した色と違う色が届いたようです。" in shown.text
    assert message.body in shown.text, "the original always stays"


def test_a_message_in_another_language_is_offered_in_japanese(a_claim, a_message, client_of, amuse):
    claim = a_claim()
    a_message(order=claim.order, title="Where is it?", body="It has not come.")
    page = read(client_of(amuse).get(claim.get_absolute_url()))
    chosen = [option["value"] for option in page.one("select", name="language").all("option", selected=True)]
    assert chosen == ["ja"]


def test_without_an_engine_the_button_says_so_and_how_to_set_one(a_claim, a_message, client_of, amuse):
    claim = a_claim()
    message = a_message(order=claim.order)
    client = client_of(amuse)
    part = read(client.get(claim.get_absolute_url())).one("div", id=f"translation-{message.pk}")
    assert "disabled" in part.one("button")
    assert "TRANSLATOR" in part.text
    refused = press(client, message, **HTMX)
    assert refused.status_code == 422
    assert "TRANSLATOR" in read(refused).one("p", role="alert").text


def test_a_failure_is_told_in_place(engine, a_message, client_of, amuse, clock):
    engine("deepl").status = 500
    message = a_message()
    part = press(client_of(amuse), message, "ko", **HTMX)
    assert part.status_code == 422
    assert "DeepL" in read(part).one("p", role="alert").text
    assert [o["value"] for o in read(part).all("option", selected=True)] == ["ko"], "as it was chosen"
    page = client_of(amuse).post(
        address(message), {"language": "en", "next": "/shops/AMUSE_official/inquiries/"}, follow=True
    )
    assert "DeepL" in read(page).text


@pytest.mark.parametrize(
    "sent", [{}, {"language": "tlh"}, {"language": "x" * 10_000}, {"language": "en\x00"}]
)
def test_a_language_that_there_is_not_is_refused(engine, a_message, client_of, amuse, sent):
    engine("deepl")
    response = client_of(amuse).post(address(a_message()), sent, headers=HTMX)
    assert response.status_code == 422


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_stays_in_the_portal(engine, a_message, client_of, amuse, clock, elsewhere):
    engine("deepl")
    message = a_message()
    response = client_of(amuse).post(address(message), {"language": "en", "next": elsewhere})
    assert response["Location"].startswith("/shops/AMUSE_official/inquiries/?order=")


def test_a_thread_costs_the_same_with_translations(a_claim, a_message, client_of, amuse):
    claim = a_claim()
    client = client_of(amuse)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(claim.get_absolute_url())
        return len(seen)

    first = a_message(order=claim.order)
    queries()
    before = queries()
    for message in [first, a_message(order=claim.order), a_message(order=claim.order)]:
        Translation.objects.create(
            message=message, language="en", title="x", body="x", engine="x", asked_by=amuse.user, asked_at=NOW
        )
    assert queries() == before
