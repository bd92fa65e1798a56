/** What the server says of itself, in plain words. */
import { readOwnVoice, readTraining, trainingInWords } from "./learning.ts";
import { plural } from "./page.ts";

/** `ownhand/status`, as the server sends it. Keys that are missing are not known yet. */
export interface ServerStatus {
  readonly engine?: string;
  readonly model?: string;
  /** What the writer allowed in this folder. */
  readonly voice?: string;
  /** Learning, and the voice that was learned; see learning.ts. */
  readonly learning?: unknown;
  readonly ownVoice?: unknown;
  readonly words?: number;
  readonly counts?: Readonly<Record<string, number>>;
  /** Why there is no suggestion at the place of the last question, or "". */
  readonly why?: string;
  readonly quiet?: boolean;
  readonly form?: string;
}

const consentWords: Readonly<Record<string, string>> = {
  learn: "learns from this folder",
  suggest: "only suggests in this folder",
  neither: "is off in this folder",
};

/** Everything that the status says, one plain line per matter. */
export function details(status: ServerStatus): string[] {
  const lines: string[] = [];
  if (status.model) lines.push(`${source(status)} ${status.model}${status.engine ? ` (${status.engine})` : ""}.`);
  const consent = consentWords[status.voice ?? ""];
  if (consent !== undefined) lines.push(`Ownhand ${consent}.`);
  if (status.words) lines.push(`It has read ${plural(status.words, "word")} of yours.`);
  lines.push(...sitting(status.counts ?? {}));
  const learning = trainingInWords(readTraining(status.learning));
  return [...lines, readOwnVoice(status.ownVoice).sentence, learning].filter((line) => line !== "");
}

const otherFates: readonly (readonly [string, string])[] = [
  ["typed_through", "typed yourself"],
  ["typed_past", "written otherwise"],
  ["dismissed", "put away"],
  ["rejected", "not yours"],
];

/** What became of this sitting's suggestions. Nothing before the first one. */
function sitting(counts: Readonly<Record<string, number>>): string[] {
  const { offered = 0, shown = 0, accepted = 0, partial = 0 } = counts;
  if (offered === 0) return [];
  const part = partial > 0 ? `, and the first words of ${partial} more` : "";
  const others = otherFates.flatMap(([key, words]) => (counts[key] ? [`${counts[key]} ${words}`] : []));
  const seen = shown > 0 ? ` that you saw` : "";
  const lines = [`You took ${accepted} of ${plural(shown || offered, "suggestion")}${seen} in this sitting${part}.`];
  return others.length === 0 ? lines : [...lines, `The others: ${others.join(", ")}.`];
}

/** While something stands in the way, which `why` says, nothing comes from the model: Ollama may have stopped. */
function source({ why }: ServerStatus): string {
  return why ? "The chosen model is" : "Suggestions come from";
}
