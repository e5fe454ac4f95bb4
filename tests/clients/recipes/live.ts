import { createClient, type SubscribePayload } from "graphql-ws";

import { authorization, url } from "./gateway";

const socket = createClient({
  url: url.replace(/^http/, "ws"),
  connectionParams: { Authorization: authorization },
  retryAttempts: Infinity,
  // Where the token is not (or no longer) accepted it stays so; all else, a server that is away too, is worth another try.
  shouldRetry: (problem) => (problem as { code?: number }).code !== 4403,
});

/** A text; or the id of a trusted one, and an empty text. */
type Document = { query: string; documentId?: string };
type Sink = { next(answer: object): void; error(problem: unknown): void; complete(): void };

/** Subscribe, and go on where it stopped after a break. Returns how to stop. */
export function subscribe(document: Document, variables: object, sink: Sink): () => void {
  const payload = { ...document, variables: { ...variables } as Record<string, unknown> };
  return socket.subscribe<{ messageAdded?: { cursor: string } }>(payload as SubscribePayload, {
    next(answer) {
      // graphql-ws subscribes anew with this object: what was missed since the cursor comes first.
      payload.variables.after = answer.data?.messageAdded?.cursor ?? payload.variables.after;
      sink.next(answer);
    },
    error: (problem) => sink.error(problem),
    complete: () => sink.complete(),
  });
}
