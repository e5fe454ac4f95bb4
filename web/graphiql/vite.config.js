import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const explorer = resolve(import.meta.dirname, "../../graphql/gateway_graphql/explorer");

// The gateway sends these as they are: compressing megabytes for every visitor would hold up everybody else.
const gzipped = {
  name: "gzipped",
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))) {
      writeFileSync(`${dir}/${name}.gz`, gzipSync(readFileSync(`${dir}/${name}`), { level: 9 }));
    }
  },
};

export default defineConfig({
  base: "/graphql/assets/",
  build: {
    outDir: resolve(explorer, "dist"),
    emptyOutDir: true,
    assetsDir: "",
    chunkSizeWarningLimit: 5000,
    target: "es2022",
  },
  worker: { format: "es" },
  resolve: { alias: { "@plain": resolve(explorer, "plain") }, dedupe: ["graphql"] },
  plugins: [gzipped],
});
