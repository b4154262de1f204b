"""What is said about an order: messages, inquiries to Qoo10, and the notices of both sides."""

from messaging.models.draft import Channel, Draft
from messaging.models.inquiry import Announcement, Inquiry
from messaging.models.message import (
    BODY_MAX,
    TITLE_MAX,
    WAITING,
    Category,
    Message,
    MessageQuerySet,
    State,
)
from messaging.models.notice import Notice, Topic
from messaging.models.saved_text import SavedText
from messaging.models.translation import Language, Translation

__all__ = [
    "BODY_MAX",
    "TITLE_MAX",
    "WAITING",
    "Announcement",
    "Category",
    "Channel",
    "Draft",
    "Inquiry",
    "Language",
    "Message",
    "MessageQuerySet",
    "Notice",
    "SavedText",
    "State",
    "Topic",
    "Translation",
]
