// Who asks. `gateway demo` writes its token into the page; elsewhere it would come from signing in.
const given = document.querySelector<HTMLMetaElement>("meta[name=gateway-token]")!.content;

export const token: string = given.startsWith("{{") ? (import.meta.env.VITE_GATEWAY_TOKEN ?? "") : given;
export const authorization = `Bearer ${token}`;
export const url = new URL("/graphql", location.href).href;
