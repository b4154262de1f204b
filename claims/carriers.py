"""Carriers and the pages on which they show where a parcel is."""

from urllib.parse import quote

TRACKING = {
    "ヤマト運輸": "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id={number}",
    "佐川急便": "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}",
    "日本郵便": "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}",
    "ゆうパック": "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}",
    "西濃運輸": "https://track.seino.co.jp/cgi-bin/gnpquery.pgm?GNPNO1={number}",
    "Qxpress": "https://www.qxpress.net/Customer/Tracking?q={number}",
}


def tracking_url(company: str, number: str) -> str:
    """The carrier's page for this parcel; empty for a carrier we do not know, or without a number."""
    page = TRACKING.get(company, "")
    return page.format(number=quote(number, safe="")) if number else ""
