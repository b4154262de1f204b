"""Filing from MyQoo10: the form, its popup, the photos, and what the shop then sees (SPEC 2, 6)."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from claims import links
from claims.models import Attachment, Claim
from claims.reasons import FAULTS, REASONS, Reason, by_fault
from claims.statuses import Kind, Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import facts, posted, read
from tests.pictures import image_bytes, upload

TODAY = date(2021, 7, 13)
DAY = timedelta(days=1)
IN_TIME = {
    Kind.CANCEL: {},
    Kind.RETURN: {"shipped_on": TODAY - DAY, "delivered_on": TODAY},
    Kind.EXCHANGE: {"shipped_on": TODAY - DAY, "delivered_on": TODAY},
    Kind.NON_RECEIPT: {"shipped_on": TODAY - DAY},
}
TYPED = {
    Kind.CANCEL: {"reason": "duplicate"},
    Kind.RETURN: {"reason": "defect", "pickup": "will_send"},
    Kind.EXCHANGE: {"reason": "wrong_option", "pickup": "qxpress"},
    Kind.NON_RECEIPT: {"reason": "not_moving", "non_receipt": "SL", "remedy": "NC"},
}
KINDS = pytest.mark.parametrize("kind", list(Kind))


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is filed on the morning of 7/13."""


@pytest.fixture
def an_order(an_order):
    """An order of three pieces on which `kind` can be filed."""

    def write(kind=Kind.RETURN, **fields):
        return an_order(**{"quantity": 3, **IN_TIME[kind], **fields})

    return write


def address(order, kind=Kind.RETURN):
    return f"/myqoo10/orders/{order.number}/file/{kind}/"


def form_of(page):
    return page.one("form", class_="filing")


def fill(buyer, order, kind=Kind.RETURN, files=(), **typed):
    """The buyer opens the form, fills it in and goes on to the popup."""
    form = form_of(read(buyer.get(address(order, kind))))
    return buyer.post(form["action"], posted(form, **(TYPED[kind] | typed)) | {"files": list(files)})


def again(buyer, response, files=(), **typed):
    """He mends what the page has refused, and goes on once more."""
    form = form_of(read(response))
    kept = [field["value"] for field in form.all("input", name="kept")]
    return buyer.post(form["action"], posted(form, **typed) | {"files": list(files), "kept": kept})


def popup(response):
    assert response.status_code == 200, read(response).one("main").text
    return read(response).one("dialog", id="popup")


def ok(buyer, response):
    """He presses OK in the popup."""
    form = next(form for form in popup(response).all("form") if form.attrs.get("method") == "post")
    kept = [field["value"] for field in form.all("input", name="kept")]
    return buyer.post(form["action"], posted(form) | {"kept": kept})


def problems(response):
    """The refusals that stand at the fields."""
    found = read(response).one("main").all("ul", class_="errorlist")
    return [item.text for group in found for item in group.all("li")]


# --- the form ----------------------------------------------------------------------------------------


@KINDS
def test_the_form_asks_what_belongs_to_the_kind(buyer, an_order, kind):
    form = form_of(read(buyer.get(address(an_order(kind), kind))))
    asked = {field["name"] for field in form if field.tag in ("select", "textarea")}
    of_kind = {
        Kind.CANCEL: set(),
        Kind.RETURN: {"pickup"},
        Kind.EXCHANGE: {"pickup"},
        Kind.NON_RECEIPT: {"non_receipt", "remedy"},
    }
    assert asked == {"reason", "text"} | of_kind[kind]
    options = {option.text for option in form.one("select", name="reason").all("option")}
    assert options == {"選択してください", *(str(reason.label) for reason in REASONS[kind])}
    groups = [group["label"] for group in form.one("select", name="reason").all("optgroup")]
    assert groups == [str(title) for title, _choices in by_fault(kind)]
    for field in form.all("select") + form.all("textarea") + form.all("input", type="number"):
        assert form.has("label", for_=field["id"]), field


def test_every_piece_is_claimed_unless_he_says_less(buyer, an_order, a_claim):
    assert form_of(read(buyer.get(address(an_order())))).one("input", name="quantity")["value"] == "3"
    order = an_order()
    a_claim(Status.RETURN_DONE, order=order, quantity=1)
    quantity = form_of(read(buyer.get(address(order)))).one("input", name="quantity")
    assert (quantity["value"], quantity["max"]) == ("2", "2")


@pytest.mark.parametrize("kind", ["x", "RETURN", "撤回", "0"])
def test_a_kind_that_is_not_there_is_a_404(buyer, an_order, kind):
    order = an_order()
    assert buyer.get(address(order, kind)).status_code == 404
    assert buyer.post(address(order, kind)).status_code == 404


# --- popup, OK, done ---------------------------------------------------------------------------------


@KINDS
def test_it_asks_first_and_then_files(buyer, an_order, kind, amuse):
    order = an_order(kind)
    asked = fill(buyer, order, kind, quantity="2", text="\u3000二つだけ\r\nお願いします。 ")
    assert not Claim.objects.exists(), "the popup only asks"
    lines = facts(popup(asked))
    reason = Reason(TYPED[kind]["reason"])
    assert lines == {"注文": order.number, "理由": str(reason.label), "数量": "2", "写真": "なし"}
    assert "AMUSE_official に申請を知らせます。" in popup(asked).text
    response = ok(buyer, asked)
    claim = Claim.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/myqoo10/claims/{claim.number}/")
    assert (claim.kind, claim.quantity, claim.fault) == (kind, 2, FAULTS[reason])
    assert claim.reason_text == "二つだけ\nお願いします。"
    assert (claim.requested_at, claim.events.get().actor_kind) == (NOW, "buyer")
    done = read(buyer.get(response["Location"])).one("main")
    assert "の申請を受け付けました。ショップに知らせます。" in done.one(class_="messages").text
    assert "ショップの確認をお待ちください。" in done.text


def test_back_from_the_popup_everything_typed_is_still_there(buyer, an_order):
    response = fill(buyer, an_order(), text="箱が\nつぶれて", quantity="2", files=[upload("箱.jpg")])
    form = form_of(read(response))
    shown = posted(form)
    assert (shown["reason"], shown["text"], shown["quantity"], shown["pickup"]) == (
        "defect",
        "箱が\nつぶれて",
        "2",
        "will_send",
    )
    assert "箱.jpg" in form.text
    assert popup(response).one("form", id="popup-back")["method"] == "dialog"


def test_a_double_click_and_a_second_tab_file_once(buyer, an_order):
    order = an_order()
    first, second = fill(buyer, order), fill(buyer, order, Kind.EXCHANGE, text="色を替えてください。")
    assert ok(buyer, first).status_code == 303
    for asked, typed in ((first, "defect"), (second, "wrong_option")):
        response = ok(buyer, asked)
        assert response.status_code == 409
        page = read(response).one("main")
        assert "処理中の申請（返品要請）があるため" in page.one("div", role="alert").text
        assert posted(form_of(page))["reason"] == typed, "what he typed stays"
        assert form_of(page).has("button", class_="primary", disabled=True)
    assert Claim.objects.count() == 1


def test_ok_after_midnight_of_the_last_day_is_refused(buyer, an_order, clock):
    order = an_order()
    clock.move_to(japan("2021-07-19 23:59:59"))
    asked = fill(buyer, order, text="遅くなりました。")
    clock.move_to(japan("2021-07-20"))
    response = ok(buyer, asked)
    assert response.status_code == 409
    assert "7/19(月)で終わりました" in read(response).one("div", role="alert").text
    assert posted(form_of(read(response)))["text"] == "遅くなりました。"
    assert not Claim.objects.exists()


def test_a_post_to_an_order_on_which_nothing_can_be_filed_changes_nothing(buyer, an_order):
    order = an_order(Kind.CANCEL)
    data = TYPED[Kind.RETURN] | {"quantity": "1", "text": "", "confirmed": "1"}
    assert buyer.post(address(order), data).status_code == 409
    assert not Claim.objects.exists()


def test_opening_files_nothing(buyer, an_order):
    order = an_order()
    buyer.get(address(order), TYPED[Kind.RETURN] | {"quantity": "1", "confirmed": "1"})
    buyer.head(address(order))
    assert not Claim.objects.exists()


# --- what cannot be taken ----------------------------------------------------------------------------

WRONG = {
    "no reason": ({"reason": ""}, "理由を選択してください。"),
    "another kind's reason": ({"reason": "out_of_stock"}, "理由を選択してください。"),
    "an invented reason": ({"reason": "<b>" + "x" * 10_000}, "理由を選択してください。"),
    "other without words": ({"reason": "other", "text": " \n"}, "詳しい内容を入力してください。"),
    "a text too long": ({"text": "理" * 1001}, "1,000文字以内"),
    "no quantity": ({"quantity": ""}, "数量を入力してください。"),
    "zero": ({"quantity": "0"}, "数量は1から3まで"),
    "more than there is": ({"quantity": "4"}, "数量は1から3まで"),
    "less than nothing": ({"quantity": "-1"}, "数量は1から3まで"),
    "a number without end": ({"quantity": "1" + "0" * 30}, "数量は1から3まで"),
    "digits beyond reason": ({"quantity": "9" * 5000}, "数量は数字で"),
    "a half": ({"quantity": "1.5"}, "数量は数字で"),
    "no way back": ({"pickup": ""}, "返品の回収方法を選択してください。"),
    "the shop's own way": ({"pickup": "none"}, "返品の回収方法を選択してください。"),
}


@pytest.mark.parametrize(("typed", "expected"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_taken_is_said_at_the_field_and_kept(buyer, an_order, typed, expected):
    response = fill(buyer, an_order(), **({"text": "壊れていました。"} | typed))
    assert response.status_code == 422
    (said,) = problems(response)
    assert expected in said
    page = read(response)
    assert not page.has("dialog")
    assert "そのまま残っています" in page.one("div", role="alert").text
    kept = posted(form_of(page))
    assert kept["quantity"] == typed.get("quantity", "3")
    if "text" not in typed:
        assert kept["text"] == "壊れていました。"
    assert not Claim.objects.exists()


def test_several_problems_are_said_at_once(buyer, an_order):
    assert len(problems(fill(buyer, an_order(), reason="", pickup="", quantity="9"))) == 3


def test_the_missing_notice_fields_are_asked_for(buyer, an_order):
    response = fill(buyer, an_order(Kind.NON_RECEIPT), Kind.NON_RECEIPT, non_receipt="", remedy="XX")
    assert problems(response) == [
        "未受取タイプを選択してください。",
        "ご希望の対応を選択してください。",
    ]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800\udfff", "\u202e逆", "<script>", "{{ 7 }}", "' OR 1=1 --"])
def test_strange_text_is_text(buyer, an_order, text):
    order = an_order()
    data = TYPED[Kind.RETURN] | {"quantity": "1", "text": "x", "confirmed": "1"}
    body = "&".join(f"{name}={value}" for name, value in data.items() if name != "text").encode()
    body += b"&text=" + "".join(f"%{byte:02X}" for byte in text.encode(errors="surrogatepass")).encode()
    response = buyer.post(address(order), body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 303
    page = buyer.get(response["Location"])
    assert page.status_code == 200
    assert b"<script>&" not in page.content
    assert "\x00" not in Claim.objects.get().reason_text


def test_a_text_without_end_is_refused_and_no_500(buyer, an_order):
    assert buyer.post(address(an_order()), {"text": "x" * 1_100_000}).status_code == 400


# --- photos ------------------------------------------------------------------------------------------


def test_photos_go_with_the_claim_and_the_shop_sees_them(buyer, an_order, amuse, client_of):
    asked = fill(buyer, an_order(), files=[upload("箱.jpg"), upload("中身.png", image_bytes("PNG"))])
    assert facts(popup(asked))["写真"] == "2枚"
    assert not Attachment.objects.filter(sent_at__isnull=False).exists(), "not before OK"
    ok(buyer, asked)
    claim = Claim.objects.get()
    photos = list(claim.attachments.all())
    assert [(photo.name, photo.sent_at, photo.uploaded_by) for photo in photos] == [
        ("箱.jpg", NOW, claim.order.buyer.user),
        ("中身.png", NOW, claim.order.buyer.user),
    ]
    for who, where in (
        (buyer, f"/myqoo10/claims/{claim.number}/"),
        (client_of(amuse), claim.get_absolute_url()),
    ):
        page = read(who.get(where))
        for photo in photos:
            assert page.has("img", src=f"/files/{photo.key}/")
            assert who.get(f"/files/{photo.key}/").getvalue()


def test_photos_survive_an_error_and_the_popup(buyer, an_order):
    wrong = fill(buyer, an_order(), reason="", files=[upload("箱.jpg")])
    assert wrong.status_code == 422
    assert "箱.jpg" in form_of(read(wrong)).text
    asked = again(buyer, wrong, reason="defect", files=[upload("中身.jpg")])
    ok(buyer, asked)
    assert [photo.name for photo in Claim.objects.get().attachments.all()] == ["箱.jpg", "中身.jpg"]


def test_one_bad_file_is_named_and_the_good_ones_are_kept(buyer, an_order):
    bad = SimpleUploadedFile("malware.exe", b"MZ\x90", "application/octet-stream")
    response = fill(buyer, an_order(), files=[upload("箱.jpg"), bad])
    assert response.status_code == 422
    page = read(response).one("main")
    assert "「malware.exe」は添付できません" in page.text
    assert "箱.jpg" in form_of(page).text
    ok(buyer, again(buyer, response))
    assert [photo.name for photo in Claim.objects.get().attachments.all()] == ["箱.jpg"]


def test_five_photos_at_most(buyer, an_order):
    first = fill(buyer, an_order(), reason="", files=[upload() for _ in range(4)])
    more = again(buyer, first, reason="defect", files=[upload(), upload()])
    assert more.status_code == 422
    assert "5個まで" in read(more).one("main").text
    ok(buyer, again(buyer, more))
    assert Claim.objects.get().attachments.count() == 5


def test_a_photo_can_be_taken_out_again(buyer, an_order):
    asked = fill(buyer, an_order(), files=[upload("箱.jpg"), upload("間違い.jpg")])
    drop = next(
        button
        for button in form_of(read(asked)).all("button", name="drop")
        if "間違い" in button["aria-label"]
    )
    left = again(buyer, asked, drop=drop["value"])
    assert left.status_code == 200
    assert not read(left).has("dialog"), "削除 only takes it out"
    ok(buyer, again(buyer, left))
    assert [photo.name for photo in Attachment.objects.all()] == ["箱.jpg"]


def test_a_photo_that_is_gone_is_told_and_nobody_elses_is_taken(buyer, an_order, amuse, client_of, csma):
    order = an_order()
    asked = fill(buyer, order, files=[upload("箱.jpg")])
    Attachment.objects.all().delete()
    response = ok(buyer, asked)
    assert response.status_code == 422
    assert "写真の一部が見つかりません" in read(response).one("main").text
    ok(buyer, fill(buyer, an_order(), files=[upload("別の注文.jpg")]))
    elsewhere = Attachment.objects.get()
    data = TYPED[Kind.RETURN] | {"quantity": "1", "text": "", "confirmed": "1", "kept": [elsewhere.key]}
    assert buyer.post(address(order), data).status_code == 422
    assert order.claims.count() == 0


def test_what_is_uploaded_and_never_sent_does_not_pile_up(buyer, an_order, settings):
    settings.FILES_MAX = 2
    order = an_order()
    for _ in range(8):
        fill(buyer, order, files=[upload(), upload()])
    assert Attachment.objects.count() == 2 + 4 * 2


def test_a_photo_too_large_is_named(buyer, an_order, settings):
    settings.FILE_MAX_BYTES = 500
    response = fill(buyer, an_order(), files=[upload("大きい.jpg")])
    assert response.status_code == 422
    assert "「大きい.jpg」が大きすぎます" in read(response).one("main").text


# --- what the shop sees ------------------------------------------------------------------------------


def test_the_pane_shows_reason_fault_quantity_and_words(buyer, an_order, amuse, client_of):
    ok(buyer, fill(buyer, an_order(), quantity="2", text="割れて\nいました。"))
    claim = Claim.objects.get()
    pane = facts(read(client_of(amuse).get(claim.get_absolute_url())).all("dl", class_="facts")[0])
    assert pane["理由"] == (
        "商品不良・破損 （責任: 出品者） 返品の回収方法: 購入者が直接返送(これから) 割れて いました。"
    )
    assert (pane["申請数量"], pane["添付ファイル"]) == ("2 / 3", "なし")


def test_the_pane_shows_the_notices_type_and_wish(buyer, an_order, amuse, client_of):
    ok(buyer, fill(buyer, an_order(Kind.NON_RECEIPT), Kind.NON_RECEIPT))
    claim = Claim.objects.get()
    pane = facts(read(client_of(amuse).get(claim.get_absolute_url())).all("dl", class_="facts")[0])
    assert pane["未受取タイプ"] == "一部未受取（返金希望）"
    assert pane["理由"] == "配送状況が更新されない （責任: 配送会社）"


def test_a_claim_that_was_imported_or_seeded_without_a_fault_shows_none(a_claim, an_order, amuse, client_of):
    claim = a_claim(order=an_order(), reason="サイズ・色の思い違い")
    pane = facts(read(client_of(amuse).get(claim.get_absolute_url())).all("dl", class_="facts")[0])
    assert pane["理由"] == "サイズ・色の思い違い"


# --- who ---------------------------------------------------------------------------------------------


def test_who_came_by_the_mails_link_signs_in_to_file(client, an_order, a_claim, csma):
    order = an_order(buyer=csma)
    claim = a_claim(Status.ASKED, order=order)
    client.get(reverse("withdrawal_link", args=[links.sign(claim.withdrawals.get().pk)]))
    deeds.reject(claim)
    response = client.post(address(order), TYPED[Kind.RETURN])
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")
