"""Tolerant search: Python and PostgreSQL fold alike; numbers pasted at once."""

import pytest
from django.db import connection
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qsm import folding
from qsm.accounts.models import Shop
from qsm.folding import Fold, fold, numbers_in


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("アイビーガム", "ｱｲﾋﾞｰｶﾞﾑ", id="half-width kana"),
        pytest.param("アイビーガム", "あいびーがむ", id="hiragana"),
        pytest.param("アイビーガム", "アイビガム", id="without ー"),
        pytest.param("ガム", "カ\u3099ム", id="voiced by a mark of its own"),
        pytest.param("NUDEW TINT", "ｎｕｄｅｗ　ｔｉｎｔ", id="full-width letters"),
        pytest.param("JEL-FIT", "jel−fit", id="another dash"),
        pytest.param("JEL-FIT", "JELFIT", id="no dash"),
        pytest.param("639113330", "６３９１１３３３０", id="full-width digits"),
        pytest.param("佐藤 美咲", "佐藤　美咲", id="ideographic space"),
        pytest.param("佐藤 美咲", "佐藤美咲", id="no space"),
        pytest.param("高橋", "髙橋", id="髙"),
        pytest.param("山崎", "山﨑", id="﨑"),
        pytest.param("斎藤", "齊藤", id="齊"),
        pytest.param("葛城", "葛\U000e0100城", id="a chosen glyph"),
        pytest.param("ヴィンテージ", "ゔぃんてーじ", id="ヴ"),
        pytest.param("10〜20代", "10~20代", id="waves"),
    ],
)
def test_what_people_take_for_the_same_is_the_same(typed, meant):
    assert fold(typed) == fold(meant) != ""


@pytest.mark.parametrize(("one", "other"), [("ガム", "カム"), ("パ", "バ"), ("美咲", "美"), ("é", "e")])
def test_what_differs_stays_different(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize("text", ["", " ", "ー", "-- 〜", "\u3000\u200b"])
def test_nothing_to_compare_is_empty(text):
    assert fold(text) == ""


def test_the_tables_go_character_by_character():
    assert len(set(folding._FROM)) == len(folding._FROM)
    assert len(folding._TO) + len(folding._LEFT_OUT) == len(folding._FROM)
    assert not set(folding._TO) & set(folding._FROM), "folding twice changes nothing"


# Characters that Python's Unicode does not know yet may be known to PostgreSQL's, and folded there.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\x00")
NEAR = st.sampled_from(folding._FROM + folding._TO + folding._CAPITALS + "ｱｶﾞﾟ゛゜ﾞ㌀㈱①Åﬁ’'%\\\u3099\u309a")


@pytest.mark.django_db
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(CHARACTERS | NEAR, max_size=60))
def test_postgresql_folds_as_python_does(django_db_setup, text):
    with connection.cursor() as cursor:
        sql, params = Shop.objects.values_list(Fold(Cast(Value(text), TextField()))).query.sql_with_params()
        cursor.execute(sql.partition(" FROM ")[0], params)
        assert cursor.fetchone() == (fold(text),)


@pytest.mark.django_db
def test_a_column_is_found_by_what_somebody_types():
    Shop.objects.create(code="one", name="髙島屋 ドットコム")
    Shop.objects.create(code="two", name="高島屋")
    found = Shop.objects.alias(folded=Fold(F("name"))).filter(folded__contains=fold("高島屋　どっと・コム"))
    assert [shop.code for shop in found] == ["one"]


@pytest.mark.parametrize(
    "pasted",
    [
        "639113330\n639113332",
        "639113330\r\n639113332\r\n",
        " 639113330, 639113332 ",
        "639113330\t639113332",
        "639113330、639113332",
        "６３９１１３３３０　６３９１１３３３２",
        "639113330，639113332，639113330",
    ],
)
def test_numbers_pasted_from_anywhere_are_read(pasted):
    assert numbers_in(pasted) == ["639113330", "639113332"]


@pytest.mark.parametrize(
    "text", ["", " \n", "ガム", "639113330 ガム", "yunjee", "12", "1" * 40, "-639113330", "' OR 1=1 --"]
)
def test_a_text_is_not_taken_for_numbers(text):
    assert numbers_in(text) == []


def test_a_claims_own_number_is_one_too():
    assert numbers_in("639113330-1") == ["639113330-1"]
