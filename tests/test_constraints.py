"""What must never be is a constraint: each one is violated here behind the verbs' back."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.deletion import ProtectedError

from claims.models import Claim, ClaimEvent, GridSetting, ImportJob, Order, SavedView
from claims.moves import Action
from claims.statuses import Status
from messaging.models import Draft, Inquiry, MailOptOut, Message, Notice, SavedText, Translation
from tests import deeds
from tests.clock import NOW, japan
from tests.pictures import a_photo

SECOND = timedelta(seconds=1)


@pytest.fixture
def a_row(a_claim, a_message, amuse):
    """A row by what it is: `a_row("open attempt")`."""

    def ended(end):
        claim = a_claim(Status.ASKED)
        end(claim)
        claim.refresh_from_db()
        return claim

    def done(step, status):
        claim = a_claim(status)
        step(claim)
        return claim.events.latest("pk")

    def lapse(claim):
        deeds.sweep(claim.deadline_at)

    def offering():
        claim = a_claim()
        deeds.ask(claim, offer=500)
        return claim

    rows = {
        "member": lambda: amuse,
        "user": lambda: amuse.user,
        "order": lambda: a_claim().order,
        "plain claim": a_claim,
        "asked claim": lambda: a_claim(Status.ASKED),
        "held claim": lambda: a_claim(Status.RETURN_HELD),
        "exchange": lambda: a_claim(Status.EXCHANGE_REQUESTED),
        "refund hold": lambda: done(deeds.hold, Status.RETURN_COLLECTED).refund_hold,
        "reshipment": lambda: done(deeds.resend, Status.EXCHANGE_APPROVED).reshipment,
        "notice claim": lambda: a_claim(Status.NOTICE_RECEIVED),
        "accepted claim": lambda: ended(deeds.accept),
        "offering claim": offering,
        "offering order": lambda: offering().order,
        "photo": lambda: a_photo(a_claim(Status.ASKED).withdrawals.get()),
        "open attempt": lambda: a_claim(Status.ASKED).withdrawals.get(),
        "accepted attempt": lambda: ended(deeds.accept).withdrawals.get(),
        "rejected attempt": lambda: ended(deeds.reject).withdrawals.get(),
        "cancelled attempt": lambda: ended(deeds.cancel).withdrawals.get(),
        "lapsed attempt": lambda: ended(lapse).withdrawals.get(),
        "filed event": lambda: a_claim().events.get(),
        "accepted event": lambda: ended(deeds.accept).events.get(action=Action.ACCEPTED),
        "shop notice": lambda: Notice.objects.get(event=a_claim().events.get(), shop__isnull=False),
        "message": a_message,
        "inquiry": lambda: Inquiry.objects.create(
            shop=amuse.shop, author=amuse.user, category="other", title="題", body="文", sent_at=NOW
        ),
        "saved text": lambda: SavedText.objects.create(shop=amuse.shop, name="ご案内", body="文"),
        "grid setting": lambda: GridSetting.objects.create(member=amuse),
        "saved view": lambda: SavedView.objects.create(member=amuse, name="朝", query="x", saved_at=NOW),
        "translation": lambda: Translation.objects.create(
            message=a_message(), language="en", body="x", engine="x", asked_by=amuse.user, asked_at=NOW
        ),
        "draft": lambda: Draft.objects.create(
            member=amuse, order=a_claim().order, channel="buyer", body="文", saved_at=NOW
        ),
        "members opt-out": lambda: MailOptOut.objects.create(member=amuse, group="claims"),
        "buyers opt-out": lambda: MailOptOut.objects.create(buyer=a_claim().order.buyer, group="messages"),
        "import being written": lambda: ImportJob.objects.create(
            shop=amuse.shop,
            user=amuse.user,
            actor_kind="seller",
            channel="desk",
            file_name="a.csv",
            state="running",
            created_at=NOW,
            woken_at=NOW,
            confirmed_at=NOW,
            expires_at=NOW,
        ),
        "buyer notice": lambda: Notice.objects.get(
            event__withdrawal=a_claim(Status.ASKED).withdrawals.get(), buyer__isnull=False
        ),
    }
    return lambda name: rows[name]()


LONG = "理" * 1001
UPDATES = [
    ("order_quantity_positive", "order", {"quantity": 0}),
    ("order_number_given", "order", {"number": ""}),
    ("order_refunded_within_total", "order", {"refunded": 1900}),
    ("order_refunded_within_total", "order", {"offered": 1900}),
    ("order_refunded_within_total", "offering order", {"refunded": 1400}),
    ("order_refunded_within_total", "offering order", {"total": 499}),
    ("claim_offer_while_asked", "plain claim", {"offer": 1}),
    ("claim_offer_while_asked", "accepted claim", {"offer": 1}),
    ("claim_offer_while_asked", "offering claim", {"offer": 0}),
    ("claim_quantity_positive", "plain claim", {"quantity": 0}),
    ("withdrawal_offer_from_one_yen", "open attempt", {"offer": 0}),
    ("attachment_of_one_thing", "photo", {"claim": "the claim"}),
    ("claim_status_fits_kind", "plain claim", {"kind": "cancel"}),
    ("claim_status_fits_kind", "plain claim", {"kind": "non_receipt"}),
    ("claim_status_fits_kind", "asked claim", {"kind": "non_receipt"}),
    ("claim_status_fits_kind", "plain claim", {"status": "cancel_requested"}),
    ("claim_status_fits_kind", "plain claim", {"kind": "nonsense"}),
    ("claim_deadline_while_asked", "asked claim", {"deadline_at": None}),
    ("claim_deadline_while_asked", "plain claim", {"deadline_at": NOW}),
    ("claim_status_before_in_loop", "asked claim", {"status_before": ""}),
    ("claim_status_before_in_loop", "plain claim", {"status_before": "return_requested"}),
    ("claim_completed_when_ended", "accepted claim", {"completed_at": None}),
    ("claim_completed_when_ended", "plain claim", {"completed_at": NOW}),
    ("claim_completed_when_ended", "plain claim", {"status": "withdrawn"}),
    ("claim_completed_when_ended", "plain claim", {"status": "nonsense"}),
    ("claim_reason_length", "plain claim", {"reason_text": LONG}),
    ("claim_paused_from_while_held", "held claim", {"paused_from": ""}),
    ("claim_paused_from_while_held", "held claim", {"paused_from": "return_awaiting"}),
    ("claim_paused_from_while_held", "plain claim", {"paused_from": "return_collected"}),
    ("claim_late_at_while_the_clock_runs", "exchange", {"late_at": None}),
    ("claim_late_at_while_the_clock_runs", "plain claim", {"late_at": NOW}),
    ("claim_late_at_while_the_clock_runs", "exchange", {"status": "exchange_late"}),
    ("hold_text_length", "refund hold", {"text": LONG}),
    ("reshipment_is_whole", "reshipment", {"delivery_company": ""}),
    ("reshipment_is_whole", "reshipment", {"tracking_number": ""}),
    ("claim_fault_known", "plain claim", {"fault": "nonsense"}),
    ("claim_wish_of_non_receipt", "plain claim", {"non_receipt_wish": "ND"}),
    ("claim_wish_of_non_receipt", "notice claim", {"non_receipt_wish": "XX"}),
    ("withdrawal_attempt_from_one", "open attempt", {"attempt": 0}),
    ("withdrawal_reason_length", "open attempt", {"reason": LONG}),
    ("withdrawal_reason_length", "rejected attempt", {"rejection_text": LONG}),
    ("withdrawal_times_in_order", "open attempt", {"deadline_at": F("requested_at")}),
    ("withdrawal_times_in_order", "accepted attempt", {"ended_at": F("requested_at") - SECOND}),
    ("withdrawal_end_is_whole", "open attempt", {"ended_at": NOW}),
    ("withdrawal_end_is_whole", "open attempt", {"ended_by_kind": "buyer"}),
    ("withdrawal_end_is_whole", "open attempt", {"ended_through": "desk"}),
    ("withdrawal_end_is_whole", "accepted attempt", {"ended_at": None}),
    ("withdrawal_end_is_whole", "accepted attempt", {"ended_by_kind": ""}),
    ("withdrawal_end_is_whole", "accepted attempt", {"ended_through": ""}),
    ("withdrawal_end_is_whole", "accepted attempt", {"outcome": "open"}),
    ("withdrawal_answer_before_deadline", "accepted attempt", {"ended_at": F("deadline_at")}),
    ("withdrawal_answer_before_deadline", "rejected attempt", {"ended_at": F("deadline_at") + SECOND}),
    ("withdrawal_answer_before_deadline", "cancelled attempt", {"ended_at": F("deadline_at")}),
    ("withdrawal_answer_before_deadline", "lapsed attempt", {"ended_at": F("deadline_at") - SECOND}),
    ("withdrawal_answer_before_deadline", "lapsed attempt", {"swept_at": F("deadline_at") - SECOND}),
    ("withdrawal_answer_before_deadline", "lapsed attempt", {"swept_at": None}),
    ("withdrawal_answer_before_deadline", "accepted attempt", {"outcome": "nonsense"}),
    ("withdrawal_rejection_has_reason", "rejected attempt", {"rejection_reason": ""}),
    ("withdrawal_rejection_has_reason", "accepted attempt", {"rejection_reason": "other"}),
    ("withdrawal_rejection_has_reason", "accepted attempt", {"rejection_text": "いいえ"}),
    ("notice_has_one_reader", "shop notice", {"shop": None}),
    ("notice_has_one_reader", "shop notice", {"buyer": "the buyer"}),
    ("notice_has_one_reader", "buyer notice", {"member": "the member"}),
    ("notice_has_one_cause", "shop notice", {"event": None}),
    ("notice_has_one_cause", "shop notice", {"message": "the message"}),
    ("notice_sent_at_when_sent", "buyer notice", {"mail": "sent"}),
    ("notice_sent_at_when_sent", "buyer notice", {"sent_at": NOW}),
    ("mail_opt_out_has_one_reader", "members opt-out", {"member": None}),
    ("mail_opt_out_has_one_reader", "members opt-out", {"buyer": "the buyer"}),
    ("member_role_known", "member", {"role": "boss"}),
    ("message_body_length", "message", {"body": "文" * 4001}),
    ("message_without_answer_is_closed", "message", {"needs_no_answer": True}),
    ("message_of_shop_waits_for_nobody", "message", {"sender": "shop"}),
    ("inquiry_answer_is_whole", "inquiry", {"state": "answered"}),
    ("inquiry_answer_is_whole", "inquiry", {"answer": "はい"}),
    ("inquiry_text_length", "inquiry", {"body": "文" * 4001}),
    ("translation_names_its_engine", "translation", {"engine": ""}),
    ("grid_page_size_offered", "grid setting", {"per_page": 7}),
    ("saved_view_has_name", "saved view", {"name": ""}),
    ("draft_to_buyer_has_order", "draft", {"order": None}),
    ("draft_body_length", "draft", {"body": "文" * 4001}),
]
COPIES = [
    ("claim_one_open_per_order", "plain claim", {"number": "another"}),
    ("claim_one_open_per_order", "asked claim", {"number": "another"}),
    ("withdrawal_attempt_once", "rejected attempt", {}),
    ("withdrawal_one_open_per_claim", "open attempt", {"attempt": 2}),
    ("withdrawal_one_success_per_claim", "accepted attempt", {"attempt": 2}),
    ("withdrawal_one_success_per_claim", "lapsed attempt", {"attempt": 2}),
    ("saved_text_name_once", "saved text", {}),
    ("saved_view_name_once", "saved view", {}),
    ("draft_key_once_per_member", "draft", {}),
    ("translation_once_per_language", "translation", {}),
    ("mail_opt_out_once_per_member", "members opt-out", {}),
    ("mail_opt_out_once_per_buyer", "buyers opt-out", {}),
    ("event_one_end_per_withdrawal", "accepted event", {}),
    ("event_one_end_per_withdrawal", "accepted event", {"action": Action.LAPSED}),
    ("event_one_filing_per_claim", "filed event", {}),
    ("member_once_per_shop", "member", {}),
    ("import_one_at_a_time", "import being written", {"key": UUID(int=1)}),
    ("user_email_unique", "user", {"username": "other", "email": "AMUSE@example.com"}),
    ("user_name_unique", "user", {"username": "AMUSE", "email": "other@example.com"}),
]
# It only carries the foreign key over three columns, below: nothing can be equal in all but the id.
CARRIERS = {"order_with_shop", "order_with_parties"}


def violated(act):
    """The name of the constraint that `act` violates."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        act()
    return refused.value.__cause__.diag.constraint_name


@pytest.mark.parametrize(("constraint", "row", "changes"), UPDATES)
def test_no_update_gets_past_a_constraint(a_row, a_message, amuse, yunjee, constraint, row, changes):
    row = a_row(row)
    people = {"the buyer": yunjee, "the member": amuse, "the message": a_message()}
    people["the claim"] = Claim.objects.first()
    changes = {name: people.get(value, value) for name, value in changes.items()}
    rows = type(row)._base_manager.filter(pk=row.pk)
    assert violated(lambda: rows.update(**changes)) == constraint


@pytest.mark.parametrize(("constraint", "row", "changes"), COPIES)
def test_no_second_row_gets_past_a_constraint(a_row, constraint, row, changes):
    copy = a_row(row)
    copy.pk = None
    for name, value in changes.items():
        setattr(copy, name, value)
    assert violated(lambda: copy.save(force_insert=True)) == constraint


def test_every_constraint_of_the_models_is_violated_above():
    ours = [
        model
        for app in ("accounts", "claims", "messaging")
        for model in apps.get_app_config(app).get_models()
    ]
    named = {constraint.name for model in ours for constraint in model._meta.constraints}
    tried = {name for name, _row, _changes in UPDATES + COPIES}
    assert named - CARRIERS == tried


def test_a_notice_is_one_per_cause_and_reader(a_row):
    copy = a_row("buyer notice")
    copy.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


# --- the log is append-only ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE claims_claimevent SET action = 'lapsed'",
        "UPDATE claims_claimevent SET at = at",
        "DELETE FROM claims_claimevent",
        "DELETE FROM claims_claimevent WHERE id = (SELECT min(id) FROM claims_claimevent)",
    ],
)
def test_the_log_takes_no_sql_but_inserts(a_row, sql):
    a_row("accepted event")
    before = list(ClaimEvent.objects.order_by("pk").values())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert list(ClaimEvent.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("change", ["save", "delete", "delete all"])
def test_the_log_takes_no_change_through_models_either(a_row, change):
    event = a_row("filed event")
    act = {"save": event.save, "delete": event.delete, "delete all": ClaimEvent.objects.all().delete}[change]
    Notice.objects.all().delete()  # which would protect it from a delete before the trigger does
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()


@pytest.mark.parametrize("row", ["plain claim", "order", "open attempt"])
def test_nothing_that_the_log_speaks_of_can_be_deleted(a_row, row):
    with pytest.raises(ProtectedError):
        a_row(row).delete()


def test_who_is_in_the_log_cannot_be_deleted(a_row):
    with pytest.raises(ProtectedError):
        a_row("open attempt").requested_by.delete()


# --- copies of the order -------------------------------------------------------------------------


def test_a_claim_cannot_be_of_another_shop_than_its_order(a_row, rival):
    claims = Claim.objects.filter(pk=a_row("plain claim").pk)
    assert violated(lambda: claims.update(shop=rival.shop)) == "claim_copies_of_order"


def test_a_claim_cannot_have_another_order_date_than_its_order(a_row):
    claims = Claim.objects.filter(pk=a_row("plain claim").pk)
    assert violated(lambda: claims.update(ordered_at=F("ordered_at") + SECOND)) == "claim_copies_of_order"


def test_an_order_that_changes_takes_its_claims_along(a_row, rival):
    claim = a_row("plain claim")
    moved = {"shop": rival.shop, "ordered_at": japan("2021-07-01")}
    Order.objects.filter(pk=claim.order_id).update(**moved)
    claim.refresh_from_db()
    assert {"shop": claim.shop, "ordered_at": claim.ordered_at} == moved


@pytest.mark.parametrize("field", ["shop", "buyer", "item_code"])
def test_a_message_cannot_be_of_another_shop_buyer_or_item_than_its_order(a_row, rival, csma, field):
    messages = Message.objects.filter(pk=a_row("message").pk)
    other = {"shop": rival.shop, "buyer": csma, "item_code": "1"}[field]
    assert violated(lambda: messages.update(**{field: other})) == "message_copies_of_order"


def test_an_order_that_changes_takes_its_messages_along(a_row, rival, csma):
    message = a_row("message")
    moved = {"shop": rival.shop, "buyer": csma, "item_code": "1"}
    Order.objects.filter(pk=message.order_id).update(**moved)
    message.refresh_from_db()
    assert {"shop": message.shop, "buyer": message.buyer, "item_code": message.item_code} == moved


@pytest.mark.django_db
def test_no_constraint_is_left_unvalidated():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        assert cursor.fetchall() == []
