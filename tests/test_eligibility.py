"""WHETHER: every status against every action, as SPEC 2 and 3 say; and the words of refusals."""

from datetime import timedelta

import pytest

from claims import eligibility
from claims.eligibility import blockers
from claims.models import REASON_MAX, Claim
from claims.moves import Action
from claims.statuses import FACTS, IN_LOOP, Kind, Status
from claims.transitions import Refused
from qsm.accounts.models import Buyer
from tests import deeds
from tests.clock import NOW, japan

# SPEC 2 and 3 in their own words: from which 処理状態 an action may start when no lock is on.
MAY = {
    "撤回要請": "キャンセル要請 返品要請 交換申請 交換承認 交換遅延",
    "撤回の再要請": "撤回保留",
    "撤回要請のキャンセル": "撤回要請",
    "撤回に同意": "撤回要請",
    "撤回を拒否": "撤回要請",
    "自動撤回": "",  # only what has lapsed, see below
    "クレームの取り下げ": "キャンセル要請 返品要請 交換申請 交換承認 交換遅延 撤回保留",
    "承認": "キャンセル要請 返品要請 交換申請 交換遅延 通知受付 確認遅延 撤回保留",
    "回収完了/返金要請": "返品中(回収待ち)",
    "返金の開始": "回収完了/返金要請",
    "返金保留": "回収完了/返金要請 返品中(返金中)",
    "返金保留の解除": "返金保留",
    "返金の確認": "キャンセル中(返金中) 返品中(返金中) 出品者確認",
    "再配送": "交換承認 出品者確認",  # 交換遅延 only where it was approved, see below
    "交換完了の確認": "再配送中",
    "処理の遅延": "",  # only what is overdue, see below
    "クレーム受付": "",  # a new claim begins so; none ever becomes so
    "運営による撤回": (
        "キャンセル要請 キャンセル中(返金中) 返品要請 返品中(回収待ち) 回収完了/返金要請 返金保留 返品中(返金中) "
        "交換申請 交換承認 交換遅延 再配送中 通知受付 出品者確認 確認遅延 撤回保留"
    ),
    "取込": "",  # a file's row is judged by entries.py
}
# 「ask on any status of section 2 marked no: refused, with the way to the operator」
WAY_OUT = [
    "キャンセル中 (返金中)",
    "キャンセル完了",
    "返品中 (回収待ち)",
    "回収完了/返金要請",
    "返金保留",
    "返品中 (返金中)",
    "返品完了",
    "再配送中",
    "交換完了",
    "通知受付",
    "出品者確認",
    "確認遅延",
    "返金完了",
    "再配送済",
    "部分返金",
    "撤回完了",
]
KINDS_OF_LOOP = [Kind.CANCEL, Kind.RETURN, Kind.EXCHANGE]


def every_claim():
    """(kind, status) of every claim that can exist."""
    return [(kind, status) for status, facts in FACTS.items() for kind in Kind if kind in facts.kinds]


@pytest.mark.parametrize(("kind", "status"), every_claim())
@pytest.mark.parametrize("action", list(Action))
def test_every_status_against_every_action(a_claim, action, kind, status):
    claim = a_claim(status, kind=kind, at=NOW - timedelta(days=6) if status in IN_LOOP else NOW)
    name = str(status.label).replace(" ", "")
    allowed = name in MAY[str(action.label)].split()
    assert (blockers(claim, action, now=NOW) == []) is allowed
    if action == Action.ASKED:
        points_out = any(blocker.ask_operator for blocker in blockers(claim, action, now=NOW))
        assert points_out is (str(status.label) in WAY_OUT)


def test_the_table_above_names_every_action_and_real_statuses():
    labels = {str(status.label) for status in Status}
    assert set(MAY) == {str(action.label) for action in Action}
    assert set(" ".join(MAY.values()).split()) < {label.replace(" ", "") for label in labels}
    assert set(WAY_OUT) < labels


@pytest.mark.parametrize("action", list(Action))
def test_what_has_lapsed_takes_the_sweep_and_nothing_else(a_claim, action):
    claim = a_claim(Status.ASKED, at=japan("2021-07-07"))
    late = japan("2021-07-14")
    found = blockers(claim, action, now=late)
    if action == Action.LAPSED:
        assert found == []
    elif action == Action.LATE:
        assert [blocker.code for blocker in found] == ["not_late"]
    else:
        assert [blocker.code for blocker in found] == ["lapsed"]
        assert "期限切れ・自動撤回済み" in found[0].text
    assert "not_lapsed" in [b.code for b in blockers(claim, Action.LAPSED, now=late - timedelta(seconds=1))]


@pytest.mark.parametrize("action", [Action.ASKED, Action.REPEATED, Action.DROPPED, Action.APPROVED])
def test_while_asked_the_seller_can_only_cancel_and_the_buyer_only_answer(a_claim, action):
    assert blockers(a_claim(Status.ASKED), action, now=NOW)


# --- the shop's clock -----------------------------------------------------------------------------

CLOCKED = [Status.EXCHANGE_REQUESTED, Status.EXCHANGE_APPROVED, Status.NOTICE_RECEIVED]


@pytest.mark.parametrize("status", CLOCKED)
def test_what_is_overdue_may_be_called_late_and_has_the_exits_it_had(a_claim, status):
    """SPEC 2: a late claim has the same exits as a timely one; to the second, however late the sweep."""
    claim = a_claim(status)
    if status == Status.EXCHANGE_APPROVED:
        Claim.objects.filter(pk=claim.pk).update(approved_at=NOW)
        claim.refresh_from_db()
    before, after = japan("2021-07-15 23:59:59"), japan("2021-07-16")
    assert codes(claim, Action.LATE, before) == ["not_late"]
    assert codes(claim, Action.LATE, after) == []

    def exits(now):
        return [action for action in Action if action != Action.LATE and not codes(claim, action, now)]

    timely = exits(before)
    assert timely
    assert exits(after) == timely, "not swept yet"
    deeds.call_late(after)
    assert exits(after) == timely, "swept"


def test_an_exchange_that_was_not_approved_is_not_resent_however_late(a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    deeds.call_late(japan("2021-07-16"))
    assert codes(claim, Action.RESENT) == ["not_approved"]
    assert codes(claim, Action.APPROVED) == []


# --- the processing: what comes first, what is behind ---------------------------------------------


@pytest.mark.parametrize(
    ("status", "action", "code", "told"),
    [
        (Status.RETURN_REQUESTED, Action.COLLECTED, "wrong_status", "「返品中 (回収待ち)」のときにできます"),
        (
            Status.RETURN_AWAITING,
            Action.HELD,
            "wrong_status",
            "「回収完了/返金要請」・「返品中 (返金中)」のときにできます（現在：返品中 (回収待ち)）。",
        ),
        (Status.RETURN_AWAITING, Action.APPROVED, "done", "すでに済んでいます（現在：返品中 (回収待ち)）。"),
        (Status.RETURN_REFUNDING, Action.COLLECTED, "done", "すでに済んでいます"),
        (Status.RETURN_REFUNDING, Action.RELEASED, "wrong_status", "「返金保留」のときにできます"),
        (Status.RETURN_HELD, Action.COLLECTED, "done", "すでに済んでいます"),
        (Status.RETURN_HELD, Action.HELD, "held", "すでに返金保留中です。"),
        (Status.RETURN_HELD, Action.REFUNDED, "held", "先に「返金保留の解除」をしてください。"),
        (Status.RETURN_DONE, Action.HELD, "ended", "このクレームは終了しているため"),
        (Status.WITHDRAWN, Action.REFUNDED, "ended", "（返品：撤回完了）"),
        (Status.EXCHANGE_REQUESTED, Action.RESENT, "wrong_status", "「交換承認」のときにできます"),
        (Status.EXCHANGE_APPROVED, Action.APPROVED, "done", "すでに済んでいます"),
        (Status.EXCHANGE_RESENDING, Action.RESENT, "done", "すでに済んでいます"),
        (Status.NOTICE_RECEIVED, Action.REFUNDED, "wrong_status", "「出品者確認」のときにできます"),
        (Status.NOTICE_LATE, Action.RESENT, "wrong_status", "「出品者確認」のときにできます"),
        (Status.NOTICE_CONFIRMED, Action.APPROVED, "done", "すでに済んでいます"),
        (Status.ASKED, Action.COLLECTED, "asked", "先に「撤回要請のキャンセル」をしてください。"),
        (Status.ON_HOLD, Action.COLLECTED, "on_hold", "先に承認してください。"),
    ],
)
def test_a_step_that_is_not_the_next_one_says_what_is(a_claim, status, action, code, told):
    (blocker,) = blockers(a_claim(status), action, now=NOW)
    assert blocker.code == code
    assert told in blocker.text


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"tracking_number": "40001234567"}, []),
        ({"tracking_number": "4000123456"}, ["tracking_number"]),
        ({"tracking_number": "４０００12345678"}, ["tracking_number"]),
        ({"tracking_number": ""}, ["tracking_number"]),
        ({"delivery_company": "町の宅配", "tracking_number": "A" * 50}, []),
        ({"delivery_company": "町の宅配", "tracking_number": "A" * 51}, ["tracking_number"]),
        ({"delivery_company": ""}, ["delivery_company"]),
        ({"delivery_company": "社" * 50}, []),
        ({"delivery_company": "社" * 51}, ["delivery_company"]),
        ({"shipped_on": japan("2021-07-13").date()}, []),
        ({"shipped_on": japan("2021-07-12").date()}, ["shipped_on"]),
        ({"shipped_on": japan("2021-07-22").date()}, []),
        ({"shipped_on": japan("2021-07-23").date()}, ["shipped_on"]),
        (
            {"delivery_company": "", "tracking_number": "?", "shipped_on": japan("2000-01-01").date()},
            ["delivery_company", "shipped_on"],
        ),
    ],
)
def test_what_is_said_of_a_parcel(a_claim, changes, wrong):
    """Requested on 7/13, sent again on 7/15: from the day of the request to a week ahead."""
    claim = a_claim(Status.EXCHANGE_APPROVED)
    parcel = {"delivery_company": "ヤマト運輸", "tracking_number": "400012345678"}
    parcel |= {"shipped_on": japan("2021-07-15").date()} | changes
    now = japan("2021-07-15 12:00")
    found = eligibility.reshipment_blockers(claim, **parcel, now=now)
    assert [blocker.code for blocker in found] == wrong
    if wrong and "４" not in parcel["tracking_number"]:  # which the verb writes plainly
        with pytest.raises(Refused):
            deeds.resend(claim, now, **parcel)
        claim.refresh_from_db()
        assert claim.status == Status.EXCHANGE_APPROVED


# --- the lock ------------------------------------------------------------------------------------


def codes(claim: Claim, action: Action, now=NOW):
    claim = Claim.objects.get(pk=claim.pk)
    return [blocker.code for blocker in blockers(claim, action, now=now)]


def test_a_lock_stops_asking_and_nothing_else(a_claim):
    claim = a_claim(Status.ON_HOLD)
    assert codes(claim, Action.REPEATED) == ["locked"]
    assert codes(claim, Action.APPROVED) == []
    assert codes(claim, Action.DROPPED) == []


def test_the_day_it_opens_is_told(a_claim):
    claim = a_claim(Status.ON_HOLD)
    (blocker,) = blockers(claim, Action.REPEATED, now=NOW)
    assert blocker.opens_on == japan("2021-07-18").date()
    assert "7/18(日)から" in blocker.text
    assert eligibility.locked_until(claim, NOW) == blocker.opens_on
    assert eligibility.locked_until(claim, japan("2021-07-17 23:59:59")) == blocker.opens_on
    assert eligibility.locked_until(claim, japan("2021-07-18")) is None


def test_the_lock_is_the_claims_whatever_its_status_then(a_claim):
    claim = a_claim(Status.ASKED, before=Status.EXCHANGE_REQUESTED)
    deeds.cancel(claim)
    assert codes(claim, Action.ASKED) == ["locked"]
    deeds.approve(claim)
    assert claim.status == Status.EXCHANGE_APPROVED
    assert codes(claim, Action.ASKED) == ["locked"], "approved meanwhile, still locked"
    assert codes(claim, Action.ASKED, japan("2021-07-18")) == []


def test_a_lock_counts_from_the_last_cancel_or_rejection(a_claim):
    claim = a_claim(Status.ON_HOLD, at=japan("2021-07-01"))
    deeds.repeat(claim, japan("2021-07-10"))
    deeds.cancel(claim, japan("2021-07-13"))
    assert codes(claim, Action.ASKED, japan("2021-07-17 23:59:59")) == ["locked"]
    assert codes(claim, Action.ASKED, japan("2021-07-18")) == []
    assert eligibility.locked_until(claim, japan("2021-07-17")) == japan("2021-07-18").date()


def test_a_new_claim_of_the_same_order_starts_clean(a_claim, an_order):
    order = an_order()
    old = a_claim(Status.ON_HOLD, order=order)
    deeds.drop(old)
    new = a_claim(Status.RETURN_REQUESTED, order=order)
    assert codes(new, Action.ASKED) == []
    assert deeds.ask(new).attempt == 1


# --- a buyer who cannot be told ------------------------------------------------------------------


def test_silence_is_consent_so_nobody_may_be_silent_without_knowing(a_claim, nobody):
    claim = a_claim(Status.RETURN_REQUESTED, buyer=nobody)
    (blocker,) = blockers(claim, Action.ASKED, now=NOW)
    assert blocker.code == "unreachable"
    assert "メールアドレスもMyQoo10アカウントも登録されていない" in blocker.text
    assert blocker.ask_operator
    with pytest.raises(Refused):
        deeds.ask(claim)
    assert not claim.withdrawals.exists()


def test_one_way_to_tell_is_enough(a_claim, yunjee, csma):
    assert codes(a_claim(buyer=csma), Action.ASKED) == [], "a mail address only"
    Buyer.objects.filter(pk=yunjee.pk).update(email="")
    yunjee.user.email = ""
    yunjee.user.save()
    assert codes(a_claim(buyer=yunjee), Action.ASKED) == [], "an account only"
    yunjee.user.is_active = False
    yunjee.user.save()
    assert codes(a_claim(buyer=yunjee), Action.ASKED) == ["unreachable"], "a closed account tells nobody"


def test_a_buyer_who_lost_his_address_is_not_asked_again(a_claim, csma):
    claim = a_claim(Status.ON_HOLD, buyer=csma, at=NOW - timedelta(days=6))
    assert codes(claim, Action.REPEATED) == []
    Buyer.objects.filter(pk=csma.pk).update(email="")
    assert codes(claim, Action.REPEATED) == ["unreachable"]
    assert codes(claim, Action.APPROVED) == [], "the shop can still grant the claim"


# --- reasons -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "reason_missing", id="none"),
        pytest.param(" \t\r\n", "reason_missing", id="spaces"),
        pytest.param("\u3000\u3000", "reason_missing", id="full-width-spaces"),
        pytest.param("理", None, id="1"),
        pytest.param("\u3000理\n", None, id="1-after-trimming"),
        pytest.param("理" * 1000, None, id="1000"),
        pytest.param("\u3000" + "理" * 1000 + "  ", None, id="1000-after-trimming"),
        pytest.param("理" * 1001, "reason_long", id="1001"),
        pytest.param("😀" * 1000, None, id="1000-emoji"),
        pytest.param("😀" * 1001, "reason_long", id="1001-emoji"),
    ],
)
def test_a_reason_has_1_to_1000_characters_after_trimming(a_claim, text, code):
    assert [blocker.code for blocker in eligibility.reason_blockers(text)] == ([code] if code else [])
    claim = a_claim()
    if code:
        with pytest.raises(Refused) as refused:
            deeds.ask(claim, reason=text)
        assert [reason.code for reason in refused.value.reasons] == [code]
        assert not claim.withdrawals.exists()
    else:
        assert deeds.ask(claim, reason=text).reason == text.strip()


def test_a_long_reason_is_told_its_length():
    (blocker,) = eligibility.reason_blockers("理" * 1234)
    assert "1,000文字" in blocker.text
    assert "1234" in blocker.text
    assert REASON_MAX == 1000


def test_all_reasons_are_told_at_once(a_claim):
    claim = a_claim(Status.ON_HOLD)
    with pytest.raises(Refused) as refused:
        deeds.repeat(claim, reason="")
    assert [reason.code for reason in refused.value.reasons] == ["locked", "reason_missing"]
