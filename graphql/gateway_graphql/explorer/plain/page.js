import { examples } from "./examples.js";
import { keepToken, onToken, readToken } from "./token.js";

const [example, token, query, variables, answer, button] = [
  "example", "token", "query", "variables", "answer", "run",
].map((id) => document.getElementById(id));

async function ask() {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      ...(token.value && { Authorization: `Bearer ${token.value}` }),
    },
    body: JSON.stringify({ query: query.value, variables: JSON.parse(variables.value || "{}") }),
  });
  return JSON.stringify(await response.json(), null, 2);
}

async function run() {
  answer.value = "…";
  answer.value = await ask().catch((error) => `${error}`);
}

function show(text) {
  token.value = text;
}

show(readToken());
onToken(show);
token.addEventListener("input", () => keepToken((token.value = token.value.trim())));
button.addEventListener("click", run);
addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && run());

// Subscriptions are GraphiQL's: this page knows no WebSocket.
const source = await (await fetch(new URL("examples.graphql", import.meta.url))).text();
for (const document of examples(source).filter((text) => !/^subscription\b/m.test(text))) {
  example.add(new Option(/^(?:query|mutation) (\w+)/m.exec(document)[1], document));
}
example.addEventListener("change", () => (query.value = example.value));
query.value ||= example.value;
