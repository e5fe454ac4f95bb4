// Runs the GraphQL over HTTP audit of graphql-http, and writes what each check found.
import { serverAudits } from "graphql-http";

const [url, authorization] = process.argv.slice(2);
const fetchFn = (input, init = {}) => fetch(input, { ...init, headers: { authorization, ...init.headers } });
const results = await Promise.all(serverAudits({ url, fetchFn }).map((audit) => audit.fn()));
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
