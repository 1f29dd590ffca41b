"""Models of SQLAlchemy 2 for the tables that recurd works on, as Alembic finds them after `recurctl migrate up`.

Copy what you need, with your Base in place of the one here; your User stays yours.  What stands between "# recurd:"
and "# end" belongs to recurd.  Keep it, to query tasks by their template, say; or delete it all and use filter.py.
Either way `alembic check` is green and `revision --autogenerate` proposes nothing.  See recurd-orm(7).
"""

from datetime import datetime
from typing import Optional

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PRIORITIES = "priority in ('low', 'medium', 'high', 'urgent')"


class Base(DeclarativeBase):
    pass


class RecurringTask(Base):
    """A template: next_due_at is the first due date when it is made, and recurd moves it on."""

    __tablename__ = "recurring_tasks"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    user_id: Mapped[str] = mapped_column(
        String, ForeignKey("user.id", name="fk_recurring_tasks_user_id"), nullable=False
    )
    title: Mapped[str] = mapped_column(String(200), nullable=False)
    description: Mapped[Optional[str]] = mapped_column(String(2000))
    priority: Mapped[str] = mapped_column(String(20), nullable=False, server_default="medium")
    recurrence_rule: Mapped[dict] = mapped_column(JSONB, nullable=False)
    next_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    is_active: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())
    # recurd: read these, never write them
    starts_local: Mapped[Optional[datetime]] = mapped_column(DateTime)
    starts_zone: Mapped[Optional[str]] = mapped_column(Text)
    planned_due_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    made_through: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    used_count: Mapped[int] = mapped_column(BigInteger, nullable=False, server_default=text("0"))
    replan_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    paused_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    resumed_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    failure: Mapped[Optional[str]] = mapped_column(Text)
    wake_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    # end

    __table_args__ = (
        CheckConstraint(PRIORITIES, name="ck_recurring_tasks_priority_valid"),
        Index("ix_recurring_tasks_user_id", "user_id"),
        Index("ix_recurring_tasks_user_id_next_due_at", "user_id", "next_due_at"),
        Index("ix_recurring_tasks_is_active", "is_active"),
        Index("ix_recurring_tasks_recurrence_rule", "recurrence_rule", postgresql_using="gin"),
        # recurd:
        Index("ix_recurring_tasks_due", "next_due_at", postgresql_where=text("is_active and failed_at is null")),
        Index(
            "ix_recurring_tasks_replan", "replan_at",
            postgresql_where=text(
                "replan_at is not null and failed_at is null and (is_active or ended_at is not null)"
            ),
        ),
        Index("ix_recurring_tasks_quarantined", "next_due_at", postgresql_where=text("failed_at is not null")),
        Index(
            "ix_recurring_tasks_paused", "next_due_at",
            postgresql_where=text("not is_active and ended_at is null"),
        ),
        Index("ix_recurring_tasks_ended", "next_due_at", postgresql_where=text("ended_at is not null")),
        Index(
            "ix_recurring_tasks_wake", "wake_at",
            postgresql_where=text("is_active and failed_at is null and wake_at is not null"),
        ),
        # end
    )


class Task(Base):
    """created_at and updated_at are UTC without a zone; the database has no default for them."""

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(String(200), nullable=False)
    description: Mapped[Optional[str]] = mapped_column(String(2000))
    is_complete: Mapped[bool] = mapped_column(Boolean, nullable=False, default=False)
    user_id: Mapped[str] = mapped_column(Text, ForeignKey("user.id"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime, nullable=False)
    updated_at: Mapped[datetime] = mapped_column(DateTime, nullable=False)
    priority: Mapped[str] = mapped_column(String(20), nullable=False, server_default="medium")
    due_date: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    remind_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    recurrence_rule: Mapped[Optional[dict]] = mapped_column(JSONB(none_as_null=True))
    # recurd: read these, never write them; recurring_task_id says which template a task comes from.  Triggers keep
    # it, no foreign key: a relationship says primaryjoin="foreign(Task.recurring_task_id) == RecurringTask.id".
    recurring_task_id: Mapped[Optional[str]] = mapped_column(String)
    occurrence_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    reminded_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    completed_at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    repeat_of: Mapped[Optional[str]] = mapped_column(Text)
    # end

    __table_args__ = (
        CheckConstraint(PRIORITIES, name="ck_tasks_priority_valid"),
        Index("ix_tasks_is_complete", "is_complete"),
        Index("ix_tasks_user_id", "user_id"),
        Index("ix_tasks_title", "title"),
        Index("ix_tasks_created_at", "created_at"),
        Index("ix_tasks_updated_at", "updated_at"),
        Index("ix_tasks_user_id_created_at", "user_id", "created_at"),
        Index("ix_tasks_user_id_is_complete", "user_id", "is_complete"),
        Index("ix_tasks_priority", "priority"),
        Index("ix_tasks_due_date", "due_date"),
        Index("ix_tasks_remind_at", "remind_at"),
        Index("ix_tasks_recurrence_rule", "recurrence_rule", postgresql_using="gin"),
        # recurd:
        Index(
            "ux_tasks_recurring_task_id_occurrence_at", "recurring_task_id", "occurrence_at", unique=True,
            postgresql_where=text("recurring_task_id is not null"),
        ),
        Index("ux_tasks_repeat_of", "repeat_of", unique=True, postgresql_where=text("repeat_of is not null")),
        Index(
            "ix_tasks_pending_remind_at", "remind_at",
            postgresql_where=text(
                "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"
            ),
        ),
        Index(
            "ix_tasks_user_id_pending_remind_at", "user_id", "remind_at",
            postgresql_where=text(
                "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"
            ),
        ),
        # end
    )


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    user_id: Mapped[str] = mapped_column(String, ForeignKey("user.id", name="fk_tags_user_id"), nullable=False)
    name: Mapped[str] = mapped_column(String(50), nullable=False)
    color: Mapped[str] = mapped_column(String(7), nullable=False, server_default="#007bff")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())

    __table_args__ = (
        Index("ix_tags_user_id", "user_id"),
        Index("ix_tags_user_id_name", "user_id", "name", unique=True),
    )


class TaskTag(Base):
    __tablename__ = "task_tags"

    task_id: Mapped[str] = mapped_column(
        String, ForeignKey("tasks.id", name="fk_task_tags_task_id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[str] = mapped_column(
        String, ForeignKey("tags.id", name="fk_task_tags_tag_id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())

    __table_args__ = (
        Index("ix_task_tags_task_id", "task_id"),
        Index("ix_task_tags_tag_id", "tag_id"),
        Index("ix_task_tags_task_tag", "task_id", "tag_id", unique=True),
    )
