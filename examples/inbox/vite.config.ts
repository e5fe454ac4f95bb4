import { defineConfig } from "vite";

export default defineConfig({
  // `gateway demo` serves the build: see gateway/demo/home.py.
  base: "/inbox/assets/",
  build: { outDir: "../../gateway/demo/dist", emptyOutDir: true, assetsDir: "", target: "es2024" },
  // `npm run dev` asks a gateway beside it, with the token in VITE_GATEWAY_TOKEN.
  server: { proxy: { "/graphql": { target: "http://127.0.0.1:8000", ws: true } } },
});
