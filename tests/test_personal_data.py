"""Personal data before it goes out: found, asked about, card numbers refused (SPEC 5)."""

import pytest

from messaging import personal_data


@pytest.fixture
def order(an_order):
    return an_order(
        number="639113330", cart_number="210324412", item_code="852997700", tracking_number="0312345678"
    )


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("yunjee@example.com までどうぞ", ["メールアドレス"]),
        ("ｙｕｎｊｅｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", ["メールアドレス"]),
        ("電話は090-1234-5678です", ["電話番号"]),
        ("電話は０９０ー１２３４ー５６７８です", ["電話番号"]),
        ("09012345678", ["電話番号"]),
        ("06 1234 5678 まで", ["電話番号"]),
        ("+81-90-1234-5678", ["電話番号"]),
        ("〒273-0017 千葉県船橋市西浦3-4-2", ["郵便番号と住所"]),
        ("２７３－００１７　千葉県船橋市", ["郵便番号と住所"]),
        ("4111 1111 1111 1111", ["カード番号"]),
        ("４１１１－１１１１－１１１１－１１１１", ["カード番号"]),
        ("4242 4242 4242 4242 12/25", ["カード番号"]),
        ("4242 4242 4242 4242 123", ["カード番号"]),
        ("639113330 06-1234-5678", ["電話番号"]),
        ("4000 12 345 6789 017", []),
        ("378282246310005", ["カード番号"]),
        ("30569309025904", ["カード番号"]),
        ("3530111333300000", ["カード番号"]),
        ("注文番号 639113330、カート番号 210324412、商品番号 852997700", []),
        ("送り状番号 0312345678 でお調べください", []),
        ("4111 1111 1111 1112", []),
        ("9999999999999995", []),
        ("273-0017 という型番です", []),
        ("2021/07/13 10:00 に 1,899円 のお支払い", []),
        ("発送いたしました。ありがとうございます。", []),
    ],
)
def test_what_is_found(order, text, kinds):
    assert [finding.kind for finding in personal_data.find(text, order)] == kinds


def test_a_number_of_another_order_is_not_excused(order, an_order):
    other = an_order(number="639113339")
    assert personal_data.find("0312345678", other)[0].kind == "電話番号"


@pytest.mark.parametrize(
    "number", ["4242424242424242", "5555555555554444", "2223003122003222", "6011111111111117"]
)
def test_card_numbers_of_each_network_are_known(order, number):
    assert personal_data.card_numbers(f"カードは{number}です", order) == [number]


def test_what_goes_to_a_translator_is_masked(order):
    text = personal_data.masked("090-1234-5678 か yunjee@example.com まで", order)
    assert text == "＊＊＊ か ＊＊＊ まで"
