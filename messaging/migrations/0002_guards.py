"""What the ORM cannot say: a message's copies that cannot differ from its order."""

from django.db import migrations

COPIES = """
ALTER TABLE messaging_message ADD CONSTRAINT message_copies_of_order
    FOREIGN KEY (order_id, shop_id, buyer_id, item_code) REFERENCES claims_order (id, shop_id, buyer_id, item_code)
    ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE;
"""
COPIES_REVERSE = "ALTER TABLE messaging_message DROP CONSTRAINT message_copies_of_order;"


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [migrations.RunSQL(COPIES, COPIES_REVERSE)]
