// Two bundles: the extension, and the few lines that run where there is no Node (VS Code in a browser alone).
import { build } from "esbuild";

const shared = { bundle: true, format: "cjs", external: ["vscode"], target: "es2022", minify: true, logLevel: "warning" };
await build({ ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node" });
await build({ ...shared, entryPoints: ["src/browser.ts"], outfile: "dist/browser.js", platform: "browser" });
