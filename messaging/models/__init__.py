"""What is said about an order: messages, inquiries to Qoo10, and the notices of both sides."""

from messaging.models.draft import Channel, Draft
from messaging.models.inquiry import Announcement, Inquiry
from messaging.models.mail_opt_out import MailGroup, MailOptOut
from messaging.models.message import (
    BODY_MAX,
    TITLE_MAX,
    WAITING,
    Category,
    Message,
    MessageQuerySet,
    State,
)
from messaging.models.notice import ASKING, Notice, NoticeQuerySet, Topic
from messaging.models.saved_text import SavedText
from messaging.models.translation import Language, Translation

__all__ = [
    "ASKING",
    "BODY_MAX",
    "TITLE_MAX",
    "WAITING",
    "Announcement",
    "Category",
    "Channel",
    "Draft",
    "Inquiry",
    "Language",
    "MailGroup",
    "MailOptOut",
    "Message",
    "MessageQuerySet",
    "Notice",
    "NoticeQuerySet",
    "SavedText",
    "State",
    "Topic",
    "Translation",
]
