"""The admin's pages as tests open and read them."""

from uuid import uuid4

from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils.html import strip_tags

from claims.models import BulkRun, ExportJob, GridSetting, ImportJob, Order, RefundHold, Reshipment, SavedView
from claims.statuses import Status
from messaging.models import (
    Announcement,
    Draft,
    Inquiry,
    MailGroup,
    MailOptOut,
    Message,
    SavedText,
    Translation,
)
from qsm.accounts.models import Buyer, Member, Role, Shop, User
from tests import deeds
from tests.clock import NOW
from tests.pictures import a_photo


def url(model, page="changelist", *args):
    """The address of a noun's page in the admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def text(response):
    """What a page says."""
    return " ".join(strip_tags(response.content.decode()).split())


def rows(response):
    """The objects that a list shows."""
    return list(response.context["cl"].result_list)


def allowed(user, *codenames):
    """`user` again, with these permissions."""
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def write_crowd(many):
    """So many shops, people, claims, requests, messages and notices, each with neighbours of its own."""
    for at in range(Shop.objects.count(), Shop.objects.count() + many):
        shop = Shop.objects.create(code=f"shop-{at}", name=f"shop {at}")
        owner = User.objects.create(username=f"owner-{at}", email=f"owner-{at}@example.com")
        member = Member.objects.create(shop=shop, user=owner, role=Role.OWNER)
        account = User.objects.create(username=f"buyer-{at}", email=f"buyer-{at}@example.com")
        buyer = Buyer.objects.create(name=f"客{at}番", user=account)
        order = Order.objects.create(
            shop=shop,
            buyer=buyer,
            number=f"70000{at:04}",
            item_code="1",
            item_title="ガム",
            total=100,
            ordered_at=NOW,
        )
        claim = deeds.file(order, Status.RETURN_REQUESTED)
        a_photo(deeds.ask(claim))
        event = claim.events.get(action="filed")
        RefundHold.objects.create(event=event, reason="other", text="返送料のご確認")
        Reshipment.objects.create(
            event=event, delivery_company="ヤマト運輸", tracking_number=f"4000{at}", shipped_on=NOW.date()
        )
        message = Message.objects.create(
            order=order, sender="buyer", title="質問", body="いつ届きますか。", sent_at=NOW
        )
        Translation.objects.create(
            message=message, language="en", body="When?", engine="DeepL", asked_by=owner, asked_at=NOW
        )
        words = {"title": "お問い合わせ", "body": "教えてください。", "author": owner, "sent_at": NOW}
        Inquiry.objects.create(shop=shop, order=order, category="other", **words)
        Announcement.objects.create(shop=shop, **words)
        SavedText.objects.create(shop=shop, name="ご案内", body="お待ちください。")
        Draft.objects.create(member=member, order=order, channel="buyer", body="ただいま", saved_at=NOW)
        MailOptOut.objects.create(member=member, group=MailGroup.ANNOUNCEMENTS)
        GridSetting.objects.create(member=member, columns=["number", "status"])
        SavedView.objects.create(member=member, name="毎朝", query="tab=search", saved_at=NOW)
        BulkRun.objects.create(key=uuid4(), member=member, action="asked", started_at=NOW, finished_at=NOW)
        job = {
            "shop": shop,
            "user": owner,
            "file_name": "a.xlsx",
            "created_at": NOW,
            "woken_at": NOW,
            "expires_at": NOW,
        }
        ExportJob.objects.create(format="xlsx", **job)
        ImportJob.objects.create(actor_kind="seller", channel="desk", **job)
