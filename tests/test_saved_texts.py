"""よく使う: the texts that a shop reuses (SPEC 5)."""

import pytest

from messaging.models import SavedText
from tests.pages import read

SAVED = "/shops/AMUSE_official/inquiries/saved/"
TEXT = {"name": "発送済み", "category": "delivery", "title": "", "body": "{注文番号} は発送済みです。"}


def test_a_text_is_saved_changed_and_deleted(seller, amuse, client_of, clerk):
    assert seller.post(SAVED, TEXT).status_code == 302
    saved = SavedText.objects.get(shop=amuse.shop)
    page = read(client_of(clerk).get(SAVED))
    assert page.one("tbody").all("td")[0].text == "発送済み"
    seller.post(f"{SAVED}{saved.pk}/", TEXT | {"name": "出荷済み"})
    saved.refresh_from_db()
    assert saved.name == "出荷済み"
    seller.post(f"{SAVED}{saved.pk}/", {"delete": "1"})
    assert not SavedText.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": "{お名前} 様"}, "使えない差し込み項目があります: {お名前}"),
        ({"name": "既存"}, "同じ名前の文章がすでにあります。"),
        ({"body": ""}, "必須"),
    ],
)
def test_what_cannot_be_saved_says_why_and_keeps_the_text(seller, amuse, changes, words):
    SavedText.objects.create(shop=amuse.shop, name="既存", body="x")
    response = seller.post(SAVED, TEXT | changes)
    assert response.status_code == 422
    assert words in read(response).text
    assert SavedText.objects.count() == 1


def test_another_shop_may_use_the_same_name_and_sees_only_its_own(seller, client_of, rival):
    other = SavedText.objects.create(shop=rival.shop, name="発送済み", body="x")
    assert seller.post(SAVED, TEXT).status_code == 302
    assert seller.get(f"{SAVED}{other.pk}/").status_code == 404
    assert seller.post(f"{SAVED}{other.pk}/", {"delete": "1"}).status_code == 404
    assert SavedText.objects.filter(pk=other.pk).exists()
