/** Reading what the server answers with care: what is missing or of another kind reads as empty. */

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

export function text(value: Json, key: string): string {
  const found = value[key];
  return typeof found === "string" ? found : "";
}

export function number(value: Json, key: string): number {
  const found = value[key];
  return typeof found === "number" ? found : 0;
}
