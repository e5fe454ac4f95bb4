"""Representations: records as the documented JSON objects."""

from collections.abc import Sequence

from orjson import Fragment

from gateway import records
from rest_compat.shapes import ConversationDetail, ConversationItem, Lead, LeadItem, Message


def conversation_item(row: records.ConversationWithLead) -> ConversationItem:
    """Show a conversation in a list."""
    conversation, lead_name, lead_email = row
    return {
        "id": conversation.id,
        "lead_id": conversation.lead_id,
        "session_key": conversation.session_key,
        "channel": conversation.channel,
        "status": conversation.status,
        "message_count": conversation.message_count,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "lead": {"id": conversation.lead_id, "name": lead_name, "email": lead_email},
        "last_message_at": conversation.last_message_at,
        "last_message_preview": conversation.last_message_preview,
    }


def conversation_detail(
    conversation: records.Conversation, lead: records.Lead, messages: Sequence[records.Message]
) -> ConversationDetail:
    """Show one conversation with its lead and the given messages."""
    return {
        "id": conversation.id,
        "lead_id": conversation.lead_id,
        "session_key": conversation.session_key,
        "channel": conversation.channel,
        "status": conversation.status,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "messages": [message(each) for each in messages],
        "lead": {"id": conversation.lead_id, "name": lead.name},
    }


def message(row: records.Message) -> Message:
    """Show a message."""
    return {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "role": row.role,
        "content": row.content,
        "metadata": row.metadata,
        "created_at": row.created_at,
    }


def lead_item(row: records.Lead) -> LeadItem:
    """Show a lead in a list."""
    return {
        "id": row.id,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "company": row.company,
        "channel": row.channel,
        "status": row.status,
        "created_at": row.created_at,
    }


def lead(row: records.Lead) -> Lead:
    """Show all of a lead."""
    return {
        "id": row.id,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "company": row.company,
        "channel": row.channel,
        "channel_id": row.channel_id,
        "status": row.status,
        "preferred_services": row.preferred_services,
        "appointment_notes": row.appointment_notes,
        "metadata": row.metadata,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def page_number(page: int) -> Fragment:
    """Show the page's number as it was asked for: orjson itself stops at 64 bits."""
    return Fragment(str(page))
