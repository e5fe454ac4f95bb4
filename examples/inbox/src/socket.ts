import { createClient } from "graphql-ws";
import { useSyncExternalStore } from "react";

import { authorization, url } from "./session";

export type Connection = "connecting" | "live" | "reconnecting" | "refused";

const REFUSED = 4403;
const seconds = (count: number) => new Promise<void>((done) => setTimeout(done, 1000 * count));

export const socket = createClient({
  url: url.replace(/^http/, "ws"),
  connectionParams: { Authorization: authorization },
  retryAttempts: Infinity,
  // Soon at first, then every few seconds; not all clients at the same moment.
  retryWait: (retries) => seconds(Math.min(0.25 * 2 ** retries, 5) * (0.75 + Math.random() / 2)),
  // A refused token stays refused; all else is worth another try, a gateway that is away for a while too.
  shouldRetry: (problem) => !(problem instanceof CloseEvent && problem.code === REFUSED),
});

let connection: Connection = "connecting";

/** How the socket stands, and from then on whenever that changes. Returns how to stop. */
export function watchConnection(tell: (connection: Connection) => void): () => void {
  const stops = [
    socket.on("connected", () => tell((connection = "live"))),
    socket.on("closed", (event) => {
      const refused = event instanceof CloseEvent && event.code === REFUSED;
      tell((connection = refused ? "refused" : "reconnecting"));
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

export const useConnection = () => useSyncExternalStore(watchConnection, () => connection);
