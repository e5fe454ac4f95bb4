export const url = process.env.GATEWAY_URL ?? "http://127.0.0.1:8000/graphql";
export const authorization = `Bearer ${process.env.TOKEN}`;
