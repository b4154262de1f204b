"""The tables of test_people: what each address answers to each person, and what is sent to it."""

from uuid import UUID

from claims.statuses import Status
from tests.import_hands import JOB_POSTS

PEOPLE = ["stranger", "owner", "clerk", "viewer", "rival", "buyer", "other", "holder", "operator", "nothing"]
# in: to the sign-in, and back afterwards. A number is the status of the answer.
GET = """
                                     stranger owner clerk viewer rival buyer other holder operator nothing
home                                 in       302   302   302    302   302   302   in     302      200
account_login                        200      302   302   302    302   302   302   200    302      302
account_logout                       302      200   200   200    200   200   200   302    200      200
account_inactive                     200      200   200   200    200   200   200   200    200      200
account_signup                       200      302   302   302    302   302   302   200    302      302
account_reset_password               200      200   200   200    200   200   200   200    200      200
account_reset_password_done          200      200   200   200    200   200   200   200    200      200
account_reset_password_from_key      200      200   200   200    200   200   200   200    200      200
account_reset_password_from_key_done 200      200   200   200    200   200   200   200    200      200
desk                                 in       200   200   200    404   404   404   in     404      404
board                                in       200   200   200    404   404   404   in     404      404
grid_settings                        in       200   200   200    404   404   404   in     404      404
saved_views                          in       200   200   200    404   404   404   in     404      404
saved_view                           in       302   404   404    404   404   404   in     404      404
bulk_withdrawal                      in       302   302   302    404   404   404   in     404      404
bulk_approval                        in       302   302   302    404   404   404   in     404      404
bulk_run                             in       200   404   404    404   404   404   in     404      404
claim                                in       200   200   200    404   404   404   in     404      404
withdrawal                           in       302   302   302    404   404   404   in     404      404
withdrawal_repeat                    in       302   302   302    404   404   404   in     404      404
withdrawal_cancel                    in       302   302   302    404   404   404   in     404      404
approval                             in       302   302   302    404   404   404   in     404      404
process                              in       302   302   302    404   404   404   in     404      404
export                               in       302   302   302    404   404   404   in     404      404
exports                              in       200   200   200    404   404   404   in     404      404
export_file                          in       302   404   404    404   404   404   in     404      404
export_cancel                        in       302   404   404    404   404   404   in     404      404
export_retry                         in       302   404   404    404   404   404   in     404      404
import                               in       200   200   200    404   404   404   in     404      404
import_job                           in       200   200   200    404   404   404   in     404      404
import_confirm                       in       302   302   302    404   404   404   in     404      404
import_cancel                        in       302   302   302    404   404   404   in     404      404
import_retry                         in       302   302   302    404   404   404   in     404      404
inbox                                in       200   200   200    404   404   404   in     404      404
inbox_bulk                           in       302   302   302    404   404   404   in     404      404
inbox_waiting                        in       200   200   200    404   404   404   in     404      404
order_waiting                        in       200   200   200    404   404   404   in     404      404
message                              in       200   200   200    404   404   404   in     404      404
notice                               in       302   302   302    404   404   404   in     404      404
notices_read                         in       302   302   302    404   404   404   in     404      404
inquiry                              in       200   200   200    404   404   404   in     404      404
translate                            in       302   302   302    404   404   404   in     404      404
compose                              in       200   200   200    404   404   404   in     404      404
draft                                in       302   302   302    404   404   404   in     404      404
thread                               in       200   200   200    404   404   404   in     404      404
saved_texts                          in       200   200   200    404   404   404   in     404      404
saved_text                           in       200   200   200    404   404   404   in     404      404
my_inbox                             in       404   404   404    404   200   200   in     404      404
my_messages                          in       404   404   404    404   200   404   in     404      404
my_qoo10                             in       404   404   404    404   200   200   in     404      404
my_orders                            in       404   404   404    404   200   200   in     404      404
my_order                             in       404   404   404    404   200   404   in     404      404
my_filing                            in       404   404   404    404   200   404   in     404      404
my_claim                             in       404   404   404    404   200   404   in     404      404
my_claim_drop                        in       404   404   404    404   302   404   in     404      404
notification_settings                in       200   200   200    404    404   404   in     404      404
my_notification_settings             in       404   404   404    404    200   200   in     404      404
unsubscribe                          200      200   200   200    200    200   200   200    200      200
my_posts                             in       404   404   404    404    200   200   in     404      404
my_post                              in       404   404   404    404    200   404   in     404      404
withdrawal_request                   in       404   404   404    404   200   404   200    404      404
withdrawal_answer                    in       404   404   404    404   302   404   302    404      404
attachment                           in       200   200   200    404   200   404   in     200      404
request_attachment                   404      404   404   404    404   200   404   200    404      404
withdrawal_link                      303      303   303   303    303   303   303   303    303      303
"""
# Everything is posted as OK of a popup sends it: what it may do, it does.
POST = """
                                     stranger owner clerk viewer rival buyer other holder operator nothing
home                                 in       302   302   302    302   302   302   in     302      200
account_login                        200      302   302   302    302   302   302   200    302      302
account_logout                       302      302   302   302    302   302   302   302    302      302
account_inactive                     405      405   405   405    405   405   405   405    405      405
account_signup                       200      302   302   302    302   302   302   200    302      302
account_reset_password               200      200   200   200    200   200   200   200    200      200
account_reset_password_done          405      405   405   405    405   405   405   405    405      405
account_reset_password_from_key      200      200   200   200    200   200   200   200    200      200
account_reset_password_from_key_done 405      405   405   405    405   405   405   405    405      405
desk                                 in       405   405   405    405   405   405   in     405      405
board                                in       405   405   405    405   405   405   in     405      405
grid_settings                        in       303   303   303    404   404   404   in     404      404
saved_views                          in       303   303   303    404   404   404   in     404      404
saved_view                           in       303   404   404    404   404   404   in     404      404
bulk_withdrawal                      in       303   303   403    404   404   404   in     404      404
bulk_approval                        in       303   303   403    404   404   404   in     404      404
bulk_run                             in       405   405   405    405   405   405   in     405      405
claim                                in       405   405   405    405   405   405   in     405      405
withdrawal                           in       303   303   403    404   404   404   in     404      404
withdrawal_repeat                    in       303   303   403    404   404   404   in     404      404
withdrawal_cancel                    in       303   303   403    404   404   404   in     404      404
approval                             in       303   303   403    404   404   404   in     404      404
process                              in       303   303   403    404   404   404   in     404      404
export                               in       302   302   302    404   404   404   in     404      404
exports                              in       405   405   405    405   405   405   in     405      405
export_file                          in       405   405   405    405   405   405   in     405      405
export_cancel                        in       302   404   404    404   404   404   in     404      404
export_retry                         in       302   404   404    404   404   404   in     404      404
import                               in       422   422   403    404   404   404   in     404      404
import_job                           in       405   405   405    405   405   405   in     405      405
import_confirm                       in       302   302   403    404   404   404   in     404      404
import_cancel                        in       302   302   403    404   404   404   in     404      404
import_retry                         in       302   302   403    404   404   404   in     404      404
inbox                                in       405   405   405    405   405   405   in     405      405
inbox_bulk                           in       302   302   403    404   404   404   in     404      404
inbox_waiting                        in       405   405   405    405   405   405   in     405      405
order_waiting                        in       405   405   405    405   405   405   in     405      405
message                              in       405   405   405    405   405   405   in     405      405
notice                               in       405   405   405    405   405   405   in     405      405
notices_read                         in       302   302   403    404   404   404   in     404      404
inquiry                              in       405   405   405    405   405   405   in     405      405
translate                            in       303   303   303    404   404   404   in     404      404
compose                              in       302   302   403    404   404   404   in     404      404
draft                                in       302   302   403    404   404   404   in     404      404
thread                               in       405   405   405    405   405   405   in     405      405
saved_texts                          in       302   302   403    404   404   404   in     404      404
saved_text                           in       302   302   403    404   404   404   in     404      404
my_inbox                             in       405   405   405    405   405   405   in     405      405
my_messages                          in       404   404   404    404   302   404   in     404      404
my_qoo10                             in       405   405   405    405   405   405   in     405      405
my_orders                            in       405   405   405    405   405   405   in     405      405
my_order                             in       405   405   405    405   405   405   in     405      405
my_filing                            in       404   404   404    404   303   404   in     404      404
my_claim                             in       405   405   405    405   405   405   in     405      405
my_claim_drop                        in       404   404   404    404   302   404   in     404      404
notification_settings                in       302   302   302    404    404   404   in     404      404
my_notification_settings             in       404   404   404    404    302   302   in     404      404
unsubscribe                          200      200   200   200    200    200   200   200    200      200
my_posts                             in       404   404   404    404    302   302   in     404      404
my_post                              in       405   405   405    405    405   405   in     405      405
withdrawal_request                   405      405   405   405    405   405   405   405    405      405
withdrawal_answer                    in       404   404   404    404   200   404   200    404      404
attachment                           in       405   405   405    405   405   405   in     405      405
request_attachment                   405      405   405   405    405   405   405   405    405      405
withdrawal_link                      405      405   405   405    405   405   405   405    405      405
"""
# The claim in which the address finds something to do.
READY = {
    "bulk_withdrawal": Status.RETURN_REQUESTED,
    "bulk_approval": Status.RETURN_REQUESTED,
    "withdrawal": Status.RETURN_REQUESTED,
    "withdrawal_repeat": Status.ON_HOLD,
    "approval": Status.RETURN_REQUESTED,
    "process": Status.EXCHANGE_APPROVED,
    "my_claim_drop": Status.RETURN_REQUESTED,
    "my_filing": Status.WITHDRAWN,
}
SENT = {
    "grid_settings": {"column": ["status", "item_title"], "per_page": "100", "sort": "-deadline"},
    "saved_views": {"name": "毎朝"},
    "saved_view": {"name": "毎晩"},
    "bulk_withdrawal": {"key": str(UUID(int=7)), "row": "639113330-1", "reason": "発送済みです"},
    "bulk_approval": {"key": str(UUID(int=7)), "row": "639113330-1"},
    "withdrawal": {"withdraw": "Y", "reason": "発送済みです", "confirmed": "1"},
    "withdrawal_repeat": {"reason": "発送済みです", "confirmed": "1"},
    "withdrawal_cancel": {"confirmed": "1"},
    "approval": {"confirmed": "1"},
    "process": {
        "delivery_company": "ヤマト運輸",
        "tracking_number": "400012345678",
        "shipped_on": "2021-07-13",
        "confirmed": "1",
    },
    **JOB_POSTS,
    "withdrawal_answer": {"answer": "accept"},
    "inbox_bulk": {"message": "1", "to": "answered", "confirmed": "1"},
    "notices_read": {"all": "1"},
    "compose": {"category": "other", "title": "お問い合わせ", "body": "教えてください。"},
    "draft": {"title": "お問い合わせ", "body": "教えてください。"},
    "saved_texts": {"name": "ご案内", "category": "other", "title": "", "body": "お待ちください。"},
    "saved_text": {"name": "新しい名前", "category": "other", "title": "", "body": "お待ちください。"},
    "notification_settings": {"wanted": "messages"},
    "my_notification_settings": {"wanted": "messages"},
    "unsubscribe": {"List-Unsubscribe": "One-Click"},
    "my_filing": {"reason": "cancel", "text": "", "quantity": "1", "confirmed": "1"},
    "my_messages": {"category": "other", "title": "お問い合わせ", "body": "教えてください。"},
}


# Addresses of an order, not of a claim on it; and those that name nothing of anybody's.
OF_ORDERS = {"my_messages", "order_waiting", "thread", "my_order", "my_filing"}
