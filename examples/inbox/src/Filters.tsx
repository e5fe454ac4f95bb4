import { CHANNELS, STATUSES, words } from "./format";
import type { Channel, ConversationStatus } from "./gql/graphql";

/** What the list is narrowed to; empty: nothing. */
export type Filter = { status: ConversationStatus | ""; channel: Channel | ""; search: string };

export const EVERYTHING: Filter = { status: "", channel: "", search: "" };

/** As the gateway wants it: `null` is no filter. */
export const asked = ({ status, channel }: Filter, search: string | null) => ({
  status: status ? [status] : null,
  channel: channel ? [channel] : null,
  search,
});

/** Whether a conversation passes all but the search, which only the gateway can say. */
export const fits = (row: { status: ConversationStatus; channel: Channel }, { status, channel }: Filter) =>
  (!status || row.status === status) && (!channel || row.channel === channel);

export function Filters({ filter, change }: { filter: Filter; change: (filter: Filter) => void }) {
  return (
    <form role="search" className="filters" onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        aria-label="Search by name, phone or email"
        placeholder="Name, phone or email"
        value={filter.search}
        onChange={(event) => change({ ...filter, search: event.target.value })}
      />
      <select
        aria-label="Channel"
        value={filter.channel}
        onChange={(event) => change({ ...filter, channel: event.target.value as Filter["channel"] })}
      >
        <option value="">All channels</option>
        {Object.entries(CHANNELS).map(([channel, name]) => (
          <option key={channel} value={channel}>
            {name}
          </option>
        ))}
      </select>
      <fieldset>
        <legend>Status</legend>
        {(["", ...STATUSES] as const).map((status) => (
          <label key={status}>
            <input
              type="radio"
              name="status"
              checked={filter.status === status}
              onChange={() => change({ ...filter, status })}
            />
            {status ? words(status) : "All"}
          </label>
        ))}
      </fieldset>
    </form>
  );
}
