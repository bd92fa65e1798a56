/** What became of a suggestion, and how that is known, in a writer's words. */
import type { Recent } from "./verdicts.ts";

const fates: Readonly<Record<string, string>> = {
  accepted: "you took it",
  partial: "you took the first words",
  typed_through: "you typed it yourself, letter by letter",
  typed_past: "you wrote something else",
  dismissed: "put away",
  rejected: "not yours",
  ignored: "you went on elsewhere",
  unseen: "not seen",
  unknown: "not known",
};

/** "you wrote something else: “the tide was out”". */
export function fateInWords({ fate, reason, instead }: Recent): string {
  const plain = fates[fate] ?? (fate === "" ? "still open" : fate.replaceAll("_", " "));
  if (fate === "rejected" && reason !== "") return `${plain}: ${reason}`;
  const more = ["typed_past", "dismissed", "rejected"].includes(fate) ? oneLine(instead) : "";
  if (more === "") return plain;
  return fate === "typed_past" ? `${plain}: “${more}”` : `${plain}; then you wrote “${more}”`;
}

/** What happened to the words afterwards, "" when there is nothing to say. */
export function afterwards({ fate, text, settled, keptFiveMinutes, removed }: Recent): string {
  if (fate !== "accepted" && fate !== "partial") return "";
  if (removed) return "gone from the text again";
  const now = oneLine(settled);
  if (now !== "" && fate === "accepted" && now !== oneLine(text)) return `it reads now: “${now}”`;
  if (keptFiveMinutes === undefined) return "";
  return keptFiveMinutes ? "there still after five minutes" : "changed or gone within five minutes";
}

/** How it is known, where nobody said so; "" where a key of the writer's did. */
export function howKnown({ fate, learned, sure }: Recent): string {
  if (learned !== "inferred" || fate === "") return "";
  return sure >= 0.9 ? "told from the text" : "told from the text, and not sure";
}

/** Line ends are shown as verse is quoted in prose. */
export function oneLine(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" / ");
}
