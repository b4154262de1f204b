"""通知設定: each member and each buyer chooses his mails; what wants an answer cannot be switched off."""

import pytest

from claims.statuses import Status
from messaging import conversation, delivery, mail_choices, notices
from messaging.models import ASKING, MailGroup, MailOptOut, Notice, Topic
from messaging.words import TO_BUYER, WORDS
from qsm.accounts.models import Buyer, Member
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import posted, read

Mail = Notice.Mail
DESK, MINE = "/shops/AMUSE_official/notifications/", "/myqoo10/notifications/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything happens at one instant."""


def boxes(response):
    """label → whether it is checked, of the page's choices."""
    labels = read(response).one("fieldset").all("label")
    return {label.text: "checked" in label.one("input") for label in labels}


def choose(browser, address, *groups):
    return browser.post(address, {"wanted": list(groups)})


def mailed(**reader):
    return set(Notice.objects.filter(mail=Mail.PENDING, **reader).values_list("topic", flat=True))


# --- the pages -----------------------------------------------------------------------------------


def test_a_member_gets_every_mail_until_he_chooses(client_of, amuse):
    assert boxes(client_of(amuse).get(DESK)) == dict.fromkeys(
        ["クレーム受付", "撤回要請の結果", "新しいメッセージ", "お問い合わせへの回答", "Qoo10のメッセージ"],
        True,
    )


def test_a_buyer_gets_every_mail_until_he_chooses_and_reads_what_cannot_be_stopped(client_of, yunjee):
    page = client_of(yunjee).get(MINE)
    assert boxes(page) == {"新しいメッセージ": True, "処理のお知らせ": True}
    assert "撤回要請と、その回答期限のお知らせは停止できません" in read(page).text
    assert "Qポストには、メールの設定にかかわらず" in read(page).text


@pytest.mark.parametrize("who", ["amuse", "clerk", "viewer"])
def test_every_member_chooses_for_himself_a_read_only_one_too(request, client_of, amuse, clerk, viewer, who):
    member = request.getfixturevalue(who)
    browser = client_of(member)
    response = browser.post(DESK, {"wanted": ["claims", "messages"]}, follow=True)
    assert "通知設定を保存しました。" in read(response).text
    assert [label for label, on in boxes(response).items() if on] == ["クレーム受付", "新しいメッセージ"]
    assert set(MailOptOut.objects.values_list("member", flat=True)) == {member.pk}
    # By the form itself, as it stands.
    browser.post(DESK, posted(read(browser.get(DESK)).one("form", class_="write")) | {"wanted": ["claims"]})
    assert mail_choices.wanted(member) == ["claims"]


def test_none_is_a_choice_and_all_is_one(client_of, yunjee):
    browser = client_of(yunjee)
    choose(browser, MINE)
    assert set(boxes(browser.get(MINE)).values()) == {False}
    choose(browser, MINE, "messages", "processing")
    choose(browser, MINE, "messages", "processing")
    assert set(boxes(browser.get(MINE)).values()) == {True}
    assert not MailOptOut.objects.exists()


@pytest.mark.parametrize("group", ["asked", "processing", "", "a\x01", "9" * 400, "messages\ud800"])
def test_what_is_no_choice_of_his_is_refused_in_place(client_of, amuse, group):
    response = choose(client_of(amuse), DESK, "claims", group.encode(errors="replace").decode())
    assert response.status_code == 422
    assert read(response).has("p", class_="refusal", role="alert")
    assert not MailOptOut.objects.exists()


def test_the_menu_leads_there(client_of, amuse, yunjee, a_claim):
    a_claim()
    for person, page, address in (
        (amuse, "/shops/AMUSE_official/claims/", DESK),
        (yunjee, "/myqoo10/", MINE),
    ):
        menu = read(client_of(person).get(page)).one("div", class_="menu-body")
        assert address in [link["href"] for link in menu.all("a")]


def test_it_says_where_the_mails_go(client_of, amuse, viewer):
    viewer.user.email = ""
    viewer.user.save()
    assert "amuse@example.com にメールでお知らせします。" in read(client_of(amuse).get(DESK)).text
    assert "メールは届きません" in read(client_of(viewer).get(DESK)).text


# --- what they do --------------------------------------------------------------------------------


def test_every_topic_has_its_group(amuse, yunjee):
    """Only what asks the buyer for something belongs to none."""
    free = {
        (topic, side)
        for topic, side in WORDS
        if mail_choices.group_of(topic, yunjee if side == TO_BUYER else amuse) is None
    }
    assert free == {(topic, TO_BUYER) for topic in ASKING}
    for topic, side in set(WORDS) - free:
        reader = yunjee if side == TO_BUYER else amuse
        assert mail_choices.group_of(topic, reader) in mail_choices.groups_of(reader)


def everything_to_the_shop(a_claim, a_message, amuse, operator):
    a_claim(Status.ON_HOLD)  # filed, asked, rejected
    deeds.accept(a_claim(Status.ASKED))
    deeds.drop(a_claim())
    deeds.settle(a_claim())
    a_claim(Status.ASKED)
    deeds.sweep(japan("2021-07-20"))
    notices.post_message(a_message())
    inquiry = conversation.ask_qoo10(
        amuse.shop, order=None, category="other", title="題", body="文", by=amuse, now=NOW
    )
    conversation.answer_inquiry(inquiry, answer="はい", by=operator, now=NOW)


OFF = {
    MailGroup.CLAIMS: {Topic.FILED},
    MailGroup.ANSWERS: {Topic.ACCEPTED, Topic.REJECTED, Topic.LAPSED, Topic.DROPPED, Topic.SETTLED},
    MailGroup.MESSAGES: {Topic.MESSAGE},
    MailGroup.INQUIRIES: {Topic.INQUIRY_ANSWERED},
}
ALL = set().union(*OFF.values())


@pytest.mark.parametrize("group", OFF)
def test_a_member_gets_no_mail_that_he_has_switched_off_and_the_shops_list_shows_it(
    a_claim, a_message, amuse, clerk, operator, group
):
    mail_choices.switch(clerk, group, on=False)
    everything_to_the_shop(a_claim, a_message, amuse, operator)
    assert mailed(member=amuse) == ALL
    assert mailed(member=clerk) == ALL - OFF[group]
    assert not Notice.objects.filter(member=clerk, topic__in=OFF[group]).exists()
    assert set(Notice.objects.filter(shop=amuse.shop).values_list("topic", flat=True)) == ALL


def test_a_buyer_gets_no_mail_that_he_has_switched_off_and_his_qpost_shows_it(a_claim, yunjee, amuse):
    mail_choices.choose(yunjee, [])
    claim = a_claim(Status.ASKED)
    notices.post_reminders(now=japan("2021-07-16 09:00"))
    notices.post_reminders(now=japan("2021-07-19 09:00"))
    deeds.cancel(claim)
    deeds.repeat(a_claim(Status.ON_HOLD), japan("2021-07-18"))
    deeds.approve(a_claim())
    conversation.write_to_buyer(claim.order, category="other", title="題", body="文", by=amuse, now=NOW)
    assert mailed(buyer=yunjee) == set(ASKING)
    shown = set(Notice.objects.filter(buyer=yunjee).values_list("topic", flat=True))
    assert shown == set(ASKING) | {Topic.CANCELLED, Topic.APPROVED, Topic.MESSAGE}


def test_what_is_switched_off_meanwhile_is_not_sent(a_claim, a_message, amuse, yunjee, mailoutbox):
    a_claim(Status.ASKED)
    deeds.cancel(a_claim(Status.ASKED))
    mail_choices.choose(yunjee, [])
    mail_choices.switch(amuse, MailGroup.CLAIMS, on=False)
    delivery.send_due()
    assert {mail.to[0] for mail in mailoutbox} == {"yunjee@example.com"}
    assert [("要回答" in mail.subject) for mail in mailoutbox] == [True, True]
    gone = Notice.objects.filter(mail=Mail.OBSOLETE).values_list("topic", flat=True)
    assert sorted(gone) == ["cancelled", "filed", "filed"]


def test_what_is_switched_on_again_comes_again(a_claim, amuse):
    mail_choices.switch(amuse, MailGroup.CLAIMS, on=False)
    a_claim()
    mail_choices.switch(amuse, MailGroup.CLAIMS, on=True)
    a_claim()
    assert Notice.objects.filter(member=amuse).count() == 1


def test_choices_go_with_who_made_them(amuse, clerk, rival_shop):
    """One person in two shops chooses in each."""
    other = Member.objects.create(shop=rival_shop, user=clerk.user)
    mail_choices.switch(clerk, MailGroup.CLAIMS, on=False)
    assert mail_choices.wants(other, Topic.FILED)
    clerk.delete()
    assert not MailOptOut.objects.exists()


def test_a_sweep_asks_once_for_everybodys_choices(a_claim, an_order, django_assert_max_num_queries):
    def lapse(number):
        for at in range(number):
            buyer = Buyer.objects.create(name=f"客{number}-{at}", email=f"{number}-{at}@example.com")
            a_claim(Status.ASKED, buyer=buyer)
        with django_assert_max_num_queries(20) as asked:
            assert deeds.sweep(japan("2021-07-20")).completed == number
        return len(asked)

    assert lapse(2) == lapse(20)
