/** The answer of `ownhand.models`, read with care, and each model in a writer's words. */
import { isJson, text, type Json } from "./json.ts";

export interface ListedModel {
  readonly name: string;
  /** What `ownhand.model` has to say to have this one. */
  readonly setting: string;
  readonly current: boolean;
  readonly suitable: boolean;
  /** Its size on the disk, "" when unknown. */
  readonly size: string;
  /** What else to know before picking it, or why it can't be picked. */
  readonly story: string;
}

export interface ModelList {
  readonly models: readonly ListedModel[];
  /** What the writer should know now, or "". */
  readonly sentence: string;
  /** How to get a better model, and the command to copy for that; "" when the server knows no way. */
  readonly better: string;
  readonly command: string;
}

/** Undefined when the server didn't answer, or not with a list. */
export function readModels(answer: unknown): ModelList | undefined {
  if (!isJson(answer) || !Array.isArray(answer["models"])) return undefined;
  return {
    models: answer["models"].filter(isJson).map(readModel),
    sentence: text(answer, "sentence"),
    better: text(answer, "better"),
    command: text(answer, "command"),
  };
}

function readModel(json: Json): ListedModel {
  const name = text(json, "name");
  const suitable = json["suitable"] !== false;
  return {
    name,
    setting: typeof json["setting"] === "string" ? json["setting"] : name,
    current: json["current"] === true,
    suitable,
    size: sizeInWords(typeof json["size"] === "number" ? json["size"] : 0),
    story: suitable ? story(json) : `Left out: it ${text(json, "why") || "does not suit"}.`,
  };
}

/** "98 MB", "2.0 GB": in powers of ten, as disks and Ollama count. */
export function sizeInWords(bytes: number): string {
  if (bytes <= 0) return "";
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function story(json: Json): string {
  const parts = [json["can_learn"] === true ? "can be taught your hand later" : "can't be taught your hand later"];
  if (json["packaged"] === true) parts.unshift("writes poorly, for trying out");
  const licence = text(json, "licence");
  if (licence !== "") parts.push(`licence: ${licence}`);
  return parts.join(" · ");
}
