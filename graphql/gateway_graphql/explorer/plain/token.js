// The token lives as long as the browser's tab. A link may bring one in its fragment, which browsers never send.
const KEY = "gateway-token";

export function readToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY) ?? "";
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** Call back with the token whenever a link brings another one; returns how to stop. */
export function onToken(use) {
  const listener = () => use(readToken());
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}
