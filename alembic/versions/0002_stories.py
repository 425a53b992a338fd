"""Stories: a row for each group of copies, and the hashes by which copies are found.

Groups that exact copies have formed get their rows here. The hashes of stored bodies are made by
`dateline stories`, since making them is the program's work and takes a millisecond an article.

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As app.stories.membership has it: usable articles lead before others, earlier ones before later ones.
EXISTING = """
    INSERT INTO stories (id, lead_id, size, first_seen_at, last_seen_at, is_settled)
    SELECT story_id,
           COALESCE(MIN(CASE WHEN status = 'usable' THEN id END),
                    MIN(CASE WHEN status <> 'withheld' THEN id END)),
           SUM(CASE WHEN status <> 'withheld' THEN 1 ELSE 0 END),
           MIN(created_at), MAX(created_at), false
    FROM articles WHERE deleted_at IS NULL AND story_id IS NOT NULL
    GROUP BY story_id HAVING COUNT(*) > 1
"""


def upgrade() -> None:
    op.create_table(
        "article_shingles",
        sa.Column("hash", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "article_id", name="pk_article_shingles"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stories",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("lead_id", ID, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
    )
    op.create_index("ix_stories_last_seen_at_id", "stories", ["last_seen_at", "id"])
    op.create_index("ix_stories_size_id", "stories", ["size", "id"])
    op.execute(EXISTING)


def downgrade() -> None:
    op.drop_table("stories")
    op.drop_table("article_shingles")
