"""What the ORM cannot say: an append-only log, and copies that cannot differ from their order."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION claims_claimevent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'claims_claimevent is append-only';
END $$;
CREATE TRIGGER claims_claimevent_append_only BEFORE UPDATE OR DELETE ON claims_claimevent
    FOR EACH ROW EXECUTE FUNCTION claims_claimevent_append_only();
"""
APPEND_ONLY_REVERSE = """
DROP TRIGGER claims_claimevent_append_only ON claims_claimevent;
DROP FUNCTION claims_claimevent_append_only();
"""
COPIES = """
ALTER TABLE claims_claim ADD CONSTRAINT claim_copies_of_order
    FOREIGN KEY (order_id, shop_id, ordered_at) REFERENCES claims_order (id, shop_id, ordered_at)
    ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE;
"""
COPIES_REVERSE = "ALTER TABLE claims_claim DROP CONSTRAINT claim_copies_of_order;"


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_REVERSE),
        migrations.RunSQL(COPIES, COPIES_REVERSE),
    ]
