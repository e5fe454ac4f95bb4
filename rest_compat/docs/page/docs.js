// Renders /openapi.json, and sends what its forms say. The token lives as long as the browser's tab.
const KEY = "gateway-token";
const token = document.getElementById("token");
const openapi = await (await fetch("/openapi.json")).json();

/** Make an element: text is always text, never markup. */
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function resolved(value) {
  return value.$ref ? value.$ref.slice(2).split("/").reduce((part, key) => part[key], openapi) : value;
}

/** `code` spans of a description. */
function prose(text) {
  return text.split("`").map((part, at) => (at % 2 ? make("code", { textContent: part }) : part));
}

function typeOf(schema) {
  const { enum: words, type, format, items, anyOf, default: preset, minimum, maximum, ...rest } = schema;
  if (rest.$ref && resolved(rest).properties) return rest.$ref.split("/").pop();
  if (rest.$ref) return typeOf({ ...resolved(rest), ...(preset !== undefined && { default: preset }) });
  if (anyOf) return anyOf.map(typeOf).join(" or ");
  const bounds = [minimum !== undefined && `from ${minimum}`, maximum !== undefined && `to ${maximum}`];
  const kind = words ? words.join(" | ") : type === "array" ? `list of ${typeOf(items)}` : format ?? type;
  return [kind, ...bounds, preset !== undefined && `default ${JSON.stringify(preset)}`].filter(Boolean).join(", ");
}

function row(name, schema, description, required, field) {
  return make(
    "tr",
    {},
    make("td", {}, make("code", { textContent: name }), required ? make("small", { textContent: " required" }) : ""),
    make("td", {}, ...prose(description ?? ""), make("br"), make("small", { textContent: typeOf(schema) })),
    ...(field ? [make("td", {}, field)] : []),
  );
}

function section(title, ...content) {
  return [make("h4", { textContent: title }), ...content];
}

function folded(title, text) {
  return make("details", {}, make("summary", { textContent: title }), make("pre", { textContent: text }));
}

function fieldsOf(schema, { body = false } = {}) {
  const { properties, required = [] } = resolved(schema.items ?? schema);
  return make(
    "table",
    {},
    ...Object.entries(properties).map(([name, each]) => row(name, each, each.description, body && required.includes(name))),
  );
}

/** What the form of a call says: an address and what fetch takes. */
function request(path, method, fields, body) {
  const headers = { ...(token.value && { Authorization: `Bearer ${token.value}` }) };
  const query = new URLSearchParams();
  let url = path;
  for (const { place, name, input } of fields) {
    if (place === "path") url = url.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value && place === "query") query.set(name, input.value);
    else if (input.value) headers[name] = input.value;
  }
  if (body) headers["Content-Type"] = "application/json";
  return [query.size ? `${url}?${query}` : url, { method: method.toUpperCase(), headers, body: body?.value }];
}

async function send(answer, url, options) {
  answer.hidden = false;
  answer.textContent = "…";
  try {
    const response = await fetch(url, options);
    const text = await response.text();
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const shown = /json/.test(response.headers.get("content-type")) ? JSON.stringify(JSON.parse(text), null, 2) : text;
    answer.textContent = `${options.method} ${url}\n${response.status} ${response.statusText}\n${headers}\n\n${shown}`;
  } catch (error) {
    answer.textContent = `${error}`;
  }
}

function parametersOf(operation) {
  return operation.parameters.map(resolved).map((parameter) => ({
    ...parameter,
    place: parameter.in,
    input: make("input", {
      ariaLabel: parameter.name,
      placeholder: String(parameter.example ?? parameter.schema.default ?? ""),
      spellcheck: false,
    }),
  }));
}

function buttons(path, method, fields, body) {
  const answer = make("pre", { className: "answer", hidden: true, ariaLive: "polite" });
  const run = make("button", { className: "send", textContent: "Send" });
  const translate = make("button", { textContent: "Show as GraphQL" });
  run.addEventListener("click", () => send(answer, ...request(path, method, fields, body)));
  translate.addEventListener("click", () => {
    const [url, options] = request(path, method, fields, body);
    send(answer, url, { ...options, headers: { ...options.headers, Prefer: "graphql" } });
  });
  return [run, translate, answer];
}

function failuresOf(operation) {
  const rows = Object.entries(operation.responses).filter(([status]) => status >= 300);
  return rows.map(([status, response]) => {
    const { description, content } = resolved(response);
    const example = content?.["application/json"]?.example;
    return example
      ? folded(`${status} ${description}`, JSON.stringify(example, null, 2))
      : make("p", { className: "quiet", textContent: `${status} ${description}` });
  });
}

function call(path, method, operation) {
  const fields = parametersOf(operation);
  const json = operation.requestBody?.content["application/json"];
  const body = json && make("textarea", { value: JSON.stringify(json.example, null, 2), ariaLabel: "Body", spellcheck: false });
  const [status, good] = Object.entries(operation.responses)[0];
  const shown = good.content["application/json"];
  return make(
    "article",
    { id: operation.operationId },
    make(
      "h3",
      {},
      make("span", { className: `method ${method.toUpperCase()}`, textContent: method.toUpperCase() }),
      make("code", { textContent: path }),
      make("span", { textContent: operation.summary }),
    ),
    ...(operation.description ? [make("p", {}, ...prose(operation.description))] : []),
    ...section(
      "Parameters",
      make("table", {}, ...fields.map((each) => row(each.name, each.schema, each.description, each.required, each.input))),
    ),
    ...(json ? section("Body", fieldsOf(json.schema, { body: true }), body) : []),
    ...buttons(path, method, fields, body),
    ...section(
      `Answer ${status}`,
      fieldsOf(shown.schema),
      folded("Example", JSON.stringify(shown.example, null, 2)),
    ),
    ...section("In GraphQL", folded("The operation that replaces this call", operation["x-graphql-operation"])),
    ...section("Otherwise", ...failuresOf(operation)),
  );
}

function render() {
  const main = document.getElementById("main");
  const nav = document.getElementById("calls");
  document.title = document.getElementById("title").textContent = `${openapi.info.title} REST API`;
  document.getElementById("about").append(...prose(openapi.info.description));
  for (const { name, description } of openapi.tags) {
    main.append(make("h2", { textContent: name }), make("p", { className: "quiet", textContent: description }));
    nav.append(make("strong", { textContent: name }));
    for (const [path, methods] of Object.entries(openapi.paths)) {
      for (const [method, operation] of Object.entries(methods).filter(([, each]) => each.tags.includes(name))) {
        main.append(call(path, method, operation));
        const label = make("span", { className: `method ${method.toUpperCase()}`, textContent: method.toUpperCase() });
        nav.append(make("a", { href: `#${operation.operationId}` }, label, operation.summary));
      }
    }
  }
}

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}
token.value = sessionStorage.getItem(KEY) ?? "";
token.addEventListener("input", () => sessionStorage.setItem(KEY, (token.value = token.value.trim())));
render();
document.getElementById(location.hash.slice(1))?.scrollIntoView();
