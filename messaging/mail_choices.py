"""Which mails a reader gets: his choice by groups of topics, all but those that want an answer (SPEC 5)."""

from __future__ import annotations

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet

from messaging.models import ASKING, MailGroup, MailOptOut, Topic
from qsm.accounts.models import Buyer, Member

SALT = "messaging.unsubscribe"
OF_BUYERS = (MailGroup.MESSAGES, MailGroup.PROCESSING)
OF_MEMBERS = (
    MailGroup.CLAIMS,
    MailGroup.ANSWERS,
    MailGroup.MESSAGES,
    MailGroup.INQUIRIES,
    MailGroup.ANNOUNCEMENTS,
)
# What is not named here: 処理のお知らせ to a buyer, クレーム受付 to a shop.
GROUPS = {
    Topic.MESSAGE: MailGroup.MESSAGES,
    Topic.INQUIRY_ANSWERED: MailGroup.INQUIRIES,
    Topic.ANNOUNCEMENT: MailGroup.ANNOUNCEMENTS,
}
ANSWERS_TO_SHOPS = (Topic.ACCEPTED, Topic.REJECTED, Topic.LAPSED, Topic.DROPPED, Topic.SETTLED)


def groups_of(reader: Buyer | Member) -> tuple[MailGroup, ...]:
    """The groups that this kind of reader may switch off."""
    return OF_BUYERS if isinstance(reader, Buyer) else OF_MEMBERS


def group_of(topic: str, reader: Buyer | Member) -> MailGroup | None:
    """The group of a mail of `topic` to `reader`; None where it cannot be switched off: silence is consent."""
    if topic in GROUPS:
        return GROUPS[Topic(topic)]
    if isinstance(reader, Buyer):
        return None if topic in ASKING else MailGroup.PROCESSING
    return MailGroup.ANSWERS if topic in ANSWERS_TO_SHOPS else MailGroup.CLAIMS


def wants(reader: Buyer | Member, topic: str) -> bool:
    """Whether `reader` gets mails of `topic`; asks the database unless `mail_opt_outs` was fetched along."""
    group = group_of(topic, reader)
    return group is None or group not in {row.group for row in reader.mail_opt_outs.all()}


def wanted(reader: Buyer | Member) -> list[MailGroup]:
    """The groups whose mails `reader` gets, of those he may choose."""
    off = set(reader.mail_opt_outs.values_list("group", flat=True))
    return [group for group in groups_of(reader) if group not in off]


@transaction.atomic
def choose(reader: Buyer | Member, groups: list[str]) -> None:
    """From now on `reader` gets the mails of these groups, and no others that can be switched off."""
    for group in groups_of(reader):
        switch(reader, group, on=group in groups)


def switch(reader: Buyer | Member, group: MailGroup, *, on: bool) -> None:
    """Switch the mails of `group` on or off for `reader`; doing it again changes nothing."""
    if on:
        _rows(reader).filter(group=group).delete()
    else:
        key = "buyer" if isinstance(reader, Buyer) else "member"
        MailOptOut.objects.bulk_create([MailOptOut(**{key: reader}, group=group)], ignore_conflicts=True)


def sign(reader: Buyer | Member, group: MailGroup) -> str:
    """The token of a mail's 「配信停止」: it switches this one group off for this one reader, for ever."""
    kind = "buyer" if isinstance(reader, Buyer) else "member"
    return Signer(salt=SALT).sign(f"{kind}.{reader.pk}.{group}")


def read(token: str) -> tuple[Buyer | Member, MailGroup] | None:
    """Reader and group that `token` was signed for; None where we did not sign it or he is gone."""
    try:
        kind, number, code = Signer(salt=SALT).unsign(token).split(".")
        pk, group = int(number), MailGroup(code)
    except (BadSignature, ValueError):
        return None
    readers: QuerySet[Buyer] | QuerySet[Member] = (
        Buyer.objects.all() if kind == "buyer" else Member.objects.select_related("shop", "user")
    )
    reader = readers.filter(pk=pk).first()
    return (reader, group) if reader else None


def _rows(reader: Buyer | Member) -> QuerySet[MailOptOut]:
    return reader.mail_opt_outs.all()
