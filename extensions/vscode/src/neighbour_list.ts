/**
 * Extensions that show ghost text of their own, and the setting that switches each one off.
 *
 * Ids, keys and values were checked in November 2026, where the source is public in the extension's own package.json
 * or code (Copilot, llama.vscode, Tabby, Tabnine, Cody, Amazon Q), else in the settings that its users publish.
 */

export interface Switch {
  readonly key: string;
  /** Is it off for documents of this language? `value` is what the setting says now, whoever said it. */
  readonly isOff: (value: unknown, language: string) => boolean;
  /** What to write so that it is off for everything in a folder. */
  readonly off: (value: unknown, language: string) => unknown;
}

export interface Neighbour {
  readonly ids: readonly string[];
  readonly name: string;
  /** Without one the writer is shown the extension instead. */
  readonly switch?: Switch;
}

export const neighbours: readonly Neighbour[] = [
  // One product: VS Code brings the second, which took over the first one's completions.
  { ids: ["GitHub.copilot", "GitHub.copilot-chat"], name: "GitHub Copilot", switch: perLanguage("github.copilot.enable") },
  { ids: ["Continue.continue"], name: "Continue", switch: plain("continue.enableTabAutocomplete", false) },
  { ids: ["ggml-org.llama-vscode"], name: "llama.vscode", switch: plain("llama-vscode.enabled", false) },
  {
    ids: ["TabbyML.vscode-tabby"],
    name: "Tabby",
    switch: entry("tabby.settings.advanced", "inlineCompletion.triggerMode", "manual"),
  },
  { ids: ["Codeium.codeium"], name: "Windsurf", switch: perLanguage("codeium.enableConfig") },
  { ids: ["TabNine.tabnine-vscode"], name: "Tabnine", switch: plain("tabnine.disableFileRegex", [".*"]) },
  { ids: ["Supermaven.supermaven"], name: "Supermaven", switch: perLanguage("supermaven.enable") },
  { ids: ["sourcegraph.cody-ai"], name: "Cody", switch: plain("cody.suggestions.mode", "off") },
  { ids: ["AmazonWebServices.amazon-q-vscode"], name: "Amazon Q" },
  {
    ids: ["Google.geminicodeassist"],
    name: "Gemini Code Assist",
    switch: plain("geminicodeassist.inlineSuggestions.enableAuto", false),
  },
];

/** What an extension says of itself in its package.json. */
export interface Manifest {
  readonly isBuiltin?: boolean;
  readonly displayName?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly categories?: readonly string[];
}

const suggests = /\b(?:AI|LLMs?|GPT|copilot|auto-?complet(?:e|ion)s?|completions?|ghost[- ]?text|inline[- ]suggest(?:ion)?s?)\b/i;

/** By its own words, might this extension show ghost text? Only a hint: nobody has to say so. */
export function mightSuggest({ isBuiltin, displayName, description, keywords, categories }: Manifest): boolean {
  if (isBuiltin === true) return false;
  const words = [displayName, description, ...(keywords ?? []), ...(categories ?? [])];
  return words.some((word) => typeof word === "string" && suggests.test(word));
}

/** A setting that says off with one value. */
function plain(key: string, off: unknown): Switch {
  return { key, isOff: (value) => JSON.stringify(value) === JSON.stringify(off), off: () => off };
}

/** A setting with one yes or no per language, and "*" for the others. */
function perLanguage(key: string): Switch {
  return {
    key,
    isOff: (value, language) => {
      const map = entries(value);
      return (map[language] ?? map["*"]) === false;
    },
    off: (value, language) =>
      Object.fromEntries(["*", ...Object.keys(entries(value)), language].map((name) => [name, false])),
  };
}

/** One entry of a setting that holds several; the others stay. */
function entry(key: string, name: string, off: unknown): Switch {
  return {
    key,
    isOff: (value) => entries(value)[name] === off,
    off: (value) => ({ ...entries(value), [name]: off }),
  };
}

function entries(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
