/** What the server says of itself, in plain words. */

/** `ownhand/status`, as the server sends it. Keys that are missing are not known yet. */
export interface ServerStatus {
  readonly engine?: string;
  readonly model?: string;
  readonly adapter?: string | null;
  readonly voice?: string;
  readonly training?: string;
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
  if (status.words) lines.push(`It has read ${status.words.toLocaleString()} words of yours.`);
  const { accepted = 0, offered = 0 } = status.counts ?? {};
  if (offered > 0) lines.push(`You took ${accepted} of ${offered} suggestions in this sitting.`);
  if (status.training && status.training !== "idle") lines.push(`Learning: ${status.training}.`);
  return lines;
}

/** While something stands in the way, which `why` says, nothing comes from the model: Ollama may have stopped. */
function source({ why }: ServerStatus): string {
  return why ? "The chosen model is" : "Suggestions come from";
}
