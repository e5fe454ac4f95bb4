// Composes subgraphs, files given by name, into a supergraph, and writes what came of it.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const subgraphs = process.argv.slice(2).map((file) => ({
  name: file.split("/").pop().replace(".graphql", ""),
  url: "http://example.test/graphql",
  typeDefs: parse(readFileSync(file, "utf-8")),
}));
const { errors = [], hints = [], supergraphSdl = "" } = composeServices(subgraphs);
console.log(JSON.stringify({ errors: errors.map(String), hints: hints.map(String), supergraph: supergraphSdl }));
