"""WHETHER: every status against every action, as SPEC 2 and 3 say; and the words of refusals."""

from datetime import timedelta

import pytest

from claims import eligibility
from claims.eligibility import blockers
from claims.models import REASON_MAX, Claim
from claims.moves import Action
from claims.statuses import FACTS, Kind, Status
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
    "クレーム受付": "",  # a new claim begins so; none ever becomes so
}
# 「ask on any status of section 2 marked no: refused, with the way to the operator」
WAY_OUT = [
    "キャンセル中 (返金中)",
    "キャンセル完了",
    "返品中 (回収待ち)",
    "回収完了・返金要請",
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
    claim = a_claim(status, kind=kind, at=NOW - timedelta(days=6))
    name = str(status.label)
    allowed = name in MAY[str(action.label)].split()
    assert (blockers(claim, action, now=NOW) == []) is allowed
    if action == Action.ASKED:
        points_out = any(blocker.ask_operator for blocker in blockers(claim, action, now=NOW))
        assert points_out is (name.replace("/", "・") in WAY_OUT)


def test_the_table_above_names_every_action_and_real_statuses():
    labels = {str(status.label) for status in Status}
    assert set(MAY) == {str(action.label) for action in Action}
    assert set(" ".join(MAY.values()).split()) < labels
    assert {name.replace("・", "/") for name in WAY_OUT} < labels


@pytest.mark.parametrize("action", list(Action))
def test_what_has_lapsed_takes_the_sweep_and_nothing_else(a_claim, action):
    claim = a_claim(Status.ASKED, at=japan("2021-07-07"))
    late = japan("2021-07-14")
    found = blockers(claim, action, now=late)
    if action == Action.LAPSED:
        assert found == []
    else:
        assert [blocker.code for blocker in found] == ["lapsed"]
        assert "期限切れ・自動撤回済み" in found[0].text
    assert "not_lapsed" in [b.code for b in blockers(claim, Action.LAPSED, now=late - timedelta(seconds=1))]


@pytest.mark.parametrize("action", [Action.ASKED, Action.REPEATED, Action.DROPPED, Action.APPROVED])
def test_while_asked_the_seller_can_only_cancel_and_the_buyer_only_answer(a_claim, action):
    assert blockers(a_claim(Status.ASKED), action, now=NOW)


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
