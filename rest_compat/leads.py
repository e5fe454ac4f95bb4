"""The lead calls: what they ask of the resolvers, and how they show the answer."""

from asyncio import gather

from gateway.database.paging import Order
from gateway.records import LeadOrderField
from gateway_graphql import resolvers
from gateway_graphql.context import Context
from rest_compat import representations
from rest_compat.errors import NotFound
from rest_compat.parameters import LeadPath, LeadsQuery
from rest_compat.representations import Lead, LeadPage

NEWEST_FIRST = Order(LeadOrderField.CREATED_AT, descending=True)


async def list_leads(context: Context, query: LeadsQuery) -> LeadPage:
    """List leads, the newest first."""
    connection = resolvers.list_leads(context, query.filter, NEWEST_FIRST, query.window)
    page, total = await gather(connection.page(), connection.total_count())
    return {
        "leads": [representations.lead_item(row) for row in page.rows],
        "total": total,
        "page": representations.page_number(query.page),
        "size": query.size,
    }


async def get_lead(context: Context, path: LeadPath) -> Lead:
    """Get a lead's full record."""
    row = await resolvers.lead(context, path.lead_id)
    if row is None:
        raise NotFound("Lead not found")
    return representations.lead(row)
