"""The lead calls: what they ask of the resolvers, and how they show the answer."""

from collections.abc import Mapping

from gateway.database import leads
from gateway.records import Version
from gateway_graphql import resolvers, writes
from gateway_graphql.context import Context
from gateway_graphql.errors import NotFound
from gateway_graphql.names import snake_case
from gateway_graphql.user_errors import UserError, UserErrorCode, UserErrors
from rest_compat import representations
from rest_compat.bodies import LeadChanges, NewLead
from rest_compat.call import Listed
from rest_compat.errors import Conflict, InvalidRequest
from rest_compat.parameters import IdempotencyHeader, LeadPath, LeadsQuery
from rest_compat.shapes import Lead, LeadPage
from rest_compat.successors import NEWEST_FIRST


async def list_leads(context: Context, query: LeadsQuery) -> Listed[LeadPage]:
    """List leads, the newest first."""
    found = resolvers.list_leads(context, query.filter, NEWEST_FIRST, query.window, counted=True)
    page, total = await found.page(), await found.total_count()
    shown: LeadPage = {
        "leads": [representations.lead_item(row) for row in page.rows],
        "total": total,
        "page": representations.page_number(query.page),
        "size": query.size,
    }
    return Listed(shown, total)


async def get_lead(context: Context, path: LeadPath) -> Lead:
    """Get a lead's full record."""
    row = await resolvers.lead(context, path.lead_id)
    if row is None:
        raise NotFound("Lead not found")
    return representations.lead(row)


async def create_lead(context: Context, header: IdempotencyHeader, body: NewLead) -> Lead:
    """Create a lead. It is `new`, and only its name is required."""
    values = dict(body)
    try:
        return representations.lead(await writes.create_lead(context, values, header.idempotency_key))
    except UserErrors as error:
        raise _as_rest(error, values) from None


async def lead_version(context: Context, path: LeadPath) -> Version | None:
    """Say how a lead stands."""
    return await leads.lead_version(context.tenant, path.lead_id)


async def update_lead(context: Context, path: LeadPath, body: LeadChanges, seen: Version | None = None) -> Lead:
    """Change some fields of a lead. Others keep their value; null clears a field that may be empty."""
    changes = {name: value for name, value in body if name in body.model_fields_set}
    try:
        return representations.lead(await writes.update_lead(context, path.lead_id, changes, seen))
    except UserErrors as error:
        raise _as_rest(error, changes) from None


def _as_rest(error: UserErrors, values: Mapping[str, object]) -> Exception:
    first = error.errors[0]
    match first.code:
        case UserErrorCode.NOT_FOUND:
            return NotFound("Lead not found")
        case UserErrorCode.CONFLICT:
            return Conflict(first.message)
    return InvalidRequest([_detail(each, values) for each in error.errors])


def _detail(error: UserError, values: Mapping[str, object]) -> Mapping[str, object]:
    path = error.field or []
    if path == ["idempotencyKey"]:
        loc, given = ["header", "idempotency-key"], None
    else:
        loc, given = ["body", *map(snake_case, path)], values.get(snake_case(path[0])) if path else None
    return {"type": "value_error", "loc": loc, "msg": error.message, "input": given}
