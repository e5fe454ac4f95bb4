import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createClient } from "graphql-ws";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

import source from "@plain/examples.graphql?raw";
import { examples } from "@plain/examples.js";
import { keepToken, onToken, readToken } from "@plain/token.js";

const url = location.origin + location.pathname;
const plugins = [HISTORY_PLUGIN, explorerPlugin()];
const tabs = examples(source).map((query) => ({ query }));

function fetcherFor(token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const wsClient = createClient({
    url: url.replace(/^http/, "ws"),
    connectionParams: headers,
    // A refused token stays refused; everything else is worth another try.
    shouldRetry: (problem) => !(problem instanceof CloseEvent && problem.code === 4403),
  });
  return createGraphiQLFetcher({ url, headers, wsClient, enableIncrementalDelivery: false });
}

function Explorer() {
  const [token, setToken] = useState(readToken);
  const fetcher = useMemo(() => fetcherFor(token), [token]);
  useEffect(() => onToken(setToken), []);
  useEffect(() => keepToken(token), [token]);
  return (
    <GraphiQL fetcher={fetcher} plugins={plugins} defaultTabs={tabs} showPersistHeadersSettings={false}>
      <GraphiQL.Logo>
        <label className="token">
          Token
          <input
            value={token}
            onChange={(event) => setToken(event.target.value.trim())}
            placeholder="from `gateway token`"
            autoComplete="off"
            spellCheck={false}
          />
        </label>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

createRoot(document.getElementById("root")).render(<Explorer />);
