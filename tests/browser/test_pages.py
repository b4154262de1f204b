"""Every page, wide and dark: axe finds no violation, the Nu checker no error."""

import os
import subprocess
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from claims import links
from claims.imports import Report
from claims.models import Claim, ExportJob, ImportJob, JobState, Order, SavedView, Withdrawal
from claims.statuses import Status
from messaging.models import Message
from qsm.accounts.models import Member
from tests.clock import NOW
from tests.pictures import image_bytes

DESK = "/shops/AMUSE_official/claims/"


def number_of(**fields):
    return Claim.objects.filter(shop__code="AMUSE_official", **fields).order_by("pk").first().number


def dead_link():
    return f"/r/{links.sign(Withdrawal.objects.filter(outcome='accepted').first().pk)}/"


def a_request():
    return f"/myqoo10/requests/{Withdrawal.objects.get(outcome='open', claim__kind='cancel', claim__shop__code='AMUSE_official').pk}/"


def an_order():
    """The page of an order that yunjee received today."""
    order = Claim.objects.get(number="639113330-1").order
    fields = {"number": "639113399", "quantity": 2, "shipped_on": "2021-07-12", "delivered_on": "2021-07-13"}
    Order.objects.get_or_create(
        **fields,
        shop=order.shop,
        buyer=order.buyer,
        item_title="ガム",
        total=100,
        ordered_at=order.ordered_at,
    )
    return "/myqoo10/orders/639113399/"


def a_job(model, state, **fields):
    """Work on a file of amuse's, in this state."""
    moments = {"created_at": NOW, "woken_at": NOW, "expires_at": NOW + timedelta(hours=24)}
    given = {"shop": amuse().shop, "user": amuse().user, "file_name": "claims.csv", "state": state}
    return model.objects.create(**given, **moments, rows_total=25_000, rows_done=3_000, **fields)


def a_message():
    return Message.objects.filter(order__shop__code="AMUSE_official", sender="buyer").first().pk


def amuse():
    return Member.objects.get(user__username="amuse")


def saved_views():
    """The list of what amuse has kept: a short name and a long one."""
    for name in ("朝", "とても長い名前の保存した条件" * 2):
        SavedView.objects.get_or_create(
            member=amuse(), name=name, defaults={"query": "tab=search&status=asked", "saved_at": NOW}
        )
    return DESK + "searches/"


def downloads():
    """ダウンロード一覧 with a file in every state."""
    for state in JobState:
        a_job(ExportJob, state, format="csv", error="処理を完了できませんでした。" * (state == "failed"))
    return DESK + "exports/"


def an_import(state):
    """The page of an import in this state, with bad rows and good ones."""
    bad = [3, "639113330", "注文日", "「きのう」は日付ではありません。"]
    report = Report(
        rows=2, created=1, refused=1, ignored=["備考"], problems=[bad], samples=[[2, "1", "新しく登録"]]
    )
    return f"{DESK}import/{a_job(ImportJob, state, actor_kind='seller', channel='desk', report=report.as_json()).key}/"


PAGES = {
    "sign-in": ("", lambda: "/accounts/login/"),
    "password": ("", lambda: "/accounts/password/reset/"),
    "desk": ("amuse", lambda: DESK),
    "cell": ("amuse", lambda: DESK + "?cell=asked"),
    "empty cell": ("amuse", lambda: DESK + "?cell=canceling"),
    "search": ("amuse", lambda: DESK + "?tab=search&period=ordered&since=2021-07-01"),
    "search refused": (
        "amuse",
        lambda: DESK + "?tab=search&since=1999-01-01&until=1998-01-01&within=999&q=1+2+3+4+5+6+7+8+9+10+11",
    ),
    "numbers searched for": ("amuse", lambda: DESK + "?tab=search&range=7&q=639113332+999999999"),
    "nothing found": ("amuse", lambda: DESK + "?tab=search&kind=return&within=0&q=なし"),
    "all selected": ("amuse", lambda: DESK + "?tab=search&select=all"),
    "grid settings": ("amuse", lambda: DESK + "settings/?cell=asked"),
    "saved views": ("amuse", saved_views),
    "search among saved ones": ("amuse", lambda: saved_views().replace("searches/", "?tab=search")),
    "claim to be asked": ("amuse", lambda: DESK + "639113332-1/?cell=return_requested"),
    "claim asked": ("amuse", lambda: DESK + "638358846-1/?cell=asked"),
    "claim on hold": ("amuse", lambda: DESK + "639726483-1/"),
    "claim locked": ("amuse", lambda: f"{DESK}{number_of(status=Status.ON_HOLD, kind='cancel')}/"),
    "claim not askable": ("amuse", lambda: f"{DESK}{number_of(status=Status.RETURN_REFUNDING)}/"),
    "claim withdrawn": ("amuse", lambda: f"{DESK}{number_of(status=Status.WITHDRAWN)}/"),
    "downloads": ("amuse", downloads),
    "no downloads": ("amuse", lambda: DESK + "exports/"),
    "import": ("amuse", lambda: an_import("done").split("import/")[0] + "import/"),
    "import running": ("amuse", lambda: an_import("running")),
    "import checked": ("amuse", lambda: an_import("checked")),
    "import done": ("amuse", lambda: an_import("done")),
    "import failed": ("amuse", lambda: an_import("failed")),
    "import cancelled": ("amuse", lambda: an_import("cancelled")),
    "inbox": ("amuse", lambda: "/shops/AMUSE_official/inquiries/"),
    "notices": ("amuse", lambda: "/shops/AMUSE_official/inquiries/?tab=qoo10"),
    "inquiries": ("amuse", lambda: "/shops/AMUSE_official/inquiries/?tab=inquiries"),
    "inbox by customer": ("amuse", lambda: "/shops/AMUSE_official/inquiries/?view=customers"),
    "inbox by item": ("amuse", lambda: "/shops/AMUSE_official/inquiries/?view=items"),
    "message": ("amuse", lambda: f"/shops/AMUSE_official/inquiries/messages/{a_message()}/"),
    "composer": ("amuse", lambda: "/shops/AMUSE_official/inquiries/compose/?order=639113330"),
    "inquiry composer": ("amuse", lambda: "/shops/AMUSE_official/inquiries/compose/?channel=qoo10"),
    "saved texts": ("amuse", lambda: "/shops/AMUSE_official/inquiries/saved/"),
    "messages of the buyer": ("yunjee", lambda: "/myqoo10/messages/639113330/"),
    "MyQoo10": ("yunjee", lambda: "/myqoo10/"),
    "request": ("yunjee", a_request),
    "request, agreeing": ("yunjee", lambda: a_request() + "?choice=accept"),
    "request, rejecting": ("yunjee", lambda: a_request() + "?choice=reject"),
    "claim of the buyer": ("yunjee", lambda: "/myqoo10/claims/639113332-1/?choice=drop"),
    "orders of the buyer": ("yunjee", lambda: "/myqoo10/orders/"),
    "order with an open claim": ("yunjee", lambda: "/myqoo10/orders/639113330/"),
    "order that may be claimed": ("yunjee", an_order),
    "filing refused": ("yunjee", lambda: "/myqoo10/orders/639113330/file/return/"),
    "filing": ("yunjee", lambda: f"{an_order()}file/return/"),
    "filing a notice": ("yunjee", lambda: f"{an_order()}file/non_receipt/"),
    "dead link": ("", dead_link),
    "nothing there": ("amuse", lambda: "/shops/RIVAL_store/claims/"),
}


def visit(page, guide, sign_in, name):
    person, address = PAGES[name]
    if person:
        sign_in(person)
    page.goto(guide.url + address())


def check_with_axe(page):
    found = Axe().run(page).response["violations"]
    assert not found, [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_by_day_and_by_night(guide, sign_in, page, name):
    visit(page, guide, sign_in, name)
    check_with_axe(page)
    page.emulate_media(color_scheme="dark")
    check_with_axe(page)


@pytest.mark.parametrize("button", ["ask", "cancel", "repeat"])
def test_axe_finds_nothing_in_the_popups(guide, sign_in, page, button):
    number = {"ask": "639113332-1", "cancel": "638358846-1", "repeat": "639726483-1"}[button]
    sign_in("amuse")
    page.goto(f"{guide.url}{DESK}{number}/")
    if button == "ask":
        page.get_by_label("Y", exact=True).check()
    if button != "cancel":
        page.locator("#id_reason").fill("理由")
    page.locator(f"#{button}-button").click()
    page.wait_for_selector("dialog:modal")
    check_with_axe(page)
    page.get_by_role("dialog").get_by_role("button", name="OK").click()
    page.get_by_role("dialog").get_by_role("button", name="確認").wait_for()
    check_with_axe(page)


# --- pages that only a button leads to -----------------------------------------------------------


def bulk_preview(page, url):
    """Three rows, one of which cannot be asked, and no reason given."""
    page.goto(f"{url}{DESK}?tab=search&status=return_requested&status=asked")
    for box in page.locator("#grid tbody input").all()[:3]:
        box.check()
    page.get_by_role("button", name="一括撤回要請").click()
    page.get_by_role("button", name="OK").click()
    page.locator("#reason-error").wait_for()


def bulk_result(page, url):
    bulk_preview(page, url)
    page.get_by_label("要請理由").fill("発送済みです。")
    page.get_by_role("button", name="OK").click()
    page.locator("#bulk-run").wait_for()


def bulk_nothing(page, url):
    page.goto(f"{url}{DESK}?cell=asked&select=page")
    page.get_by_role("button", name="一括承認").click()
    page.get_by_text("いま行えるものがありません").wait_for()


def saved_without_a_name(page, url):
    page.goto(f"{url}{DESK}?tab=search&status=asked")
    page.get_by_text("この条件を保存").click()
    page.get_by_role("button", name="保存", exact=True).click()
    page.locator("#id_name_error").wait_for()


def inbox_popup(page, url):
    page.goto(f"{url}/shops/AMUSE_official/inquiries/")
    page.get_by_label("全体選択").check()
    page.get_by_role("button", name="回答済にする（回答不要）").click()
    page.wait_for_selector("dialog:modal")


def import_preview(page, url):
    """A file with a row that would change something, and one that cannot be read."""
    page.goto(f"{url}{DESK}import/")
    text = "注文番号,受取人名,注文日\n639113332,山田,\n639113330,,きのう\n"
    page.get_by_label("ファイル").set_input_files(
        [{"name": "claims.csv", "mimeType": "text/csv", "buffer": text.encode()}]
    )
    page.get_by_role("button", name="内容を確認する").click()
    page.wait_for_url("**/import/*/")


STATES = {
    "bulk preview": bulk_preview,
    "bulk result": bulk_result,
    "bulk, nothing possible": bulk_nothing,
    "saved without a name": saved_without_a_name,
    "inbox popup": inbox_popup,
    "import preview": import_preview,
}


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_behind_the_buttons(guide, sign_in, page, name):
    sign_in("amuse")
    STATES[name](page, guide.url)
    check_with_axe(page)
    page.emulate_media(color_scheme="dark")
    check_with_axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_nothing_where_a_reason_is_missing(guide, sign_in, page):
    sign_in("amuse")
    page.goto(f"{guide.url}{DESK}639726483-1/")
    page.locator("#repeat-button").click()
    page.locator("#reason-error").wait_for()
    check_with_axe(page)


def test_axe_finds_nothing_where_a_filing_is_refused_nor_in_its_popup(guide, sign_in, page):
    sign_in("yunjee")
    page.goto(f"{guide.url}{an_order()}file/return/")
    photo = {"name": "箱.jpg", "mimeType": "image/jpeg", "buffer": image_bytes()}
    page.get_by_label("添付ファイル").set_input_files([photo])
    page.get_by_role("button", name="確認へ進む").click()
    page.get_by_text("理由を選択してください。").wait_for()
    check_with_axe(page)
    page.get_by_label("理由").select_option(index=1)
    page.get_by_label("返品の回収方法").select_option(index=1)
    page.get_by_role("button", name="確認へ進む").click()
    page.wait_for_selector("dialog:modal")
    check_with_axe(page)


def test_the_nu_checker_finds_no_error(guide, sign_in, page, context, tmp_path):
    checker = os.environ.get("VNU_JAR")
    if not checker:
        pytest.skip("VNU_JAR does not name the Nu HTML checker's vnu.jar (.ci/run fetches it)")
    for at, name in enumerate(PAGES):
        person, address = PAGES[name]
        context.clear_cookies()
        if person:
            sign_in(person)
        (tmp_path / f"{at:02}.html").write_text(context.request.get(guide.url + address()).text())
    sign_in("amuse")
    for at, lead in enumerate(STATES.values()):
        lead(page, guide.url)
        (tmp_path / f"state-{at}.html").write_text(
            "<!doctype html>\n" + page.locator("html").evaluate("html => html.outerHTML")
        )
    command = [
        "java",
        "-jar",
        checker,
        "--errors-only",
        "--filterpattern",
        "Attribute “hx-[a-z:-]+” not allowed.*",
    ]
    result = subprocess.run([*command, *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True)
    assert result.returncode == 0, dict(enumerate(PAGES)) and result.stderr
