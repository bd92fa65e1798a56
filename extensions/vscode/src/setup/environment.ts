/**
 * The server's own Python environment: one per version of the extension, built in place.
 *
 * It is valid once its marker is written, and for the wheel that the marker names: a rebuilt extension of the same
 * version brings another server, which is then installed over the old one. A build that was cancelled or crashed leaves
 * no marker, and a half-copied pip or part that passes for installed; the next build begins anew, from what pip and uv
 * have fetched. An old version's environment stays as long as a window uses it.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { Lock, processLives } from "./lock.ts";
import type { Builder } from "./python.ts";
import { run, type Cancel } from "./run.ts";

export type Say = (sentence: string) => void;

const markerFormat = 2;

export class Environment {
  readonly version: string;
  readonly folder: string;
  /** Held while anything is built or fetched: one window at a time. */
  readonly lock: Lock;
  private readonly root: string;
  private readonly platform: NodeJS.Platform;

  /** `root` holds all versions' environments. */
  constructor(root: string, version: string, platform: NodeJS.Platform = process.platform) {
    this.root = root;
    this.version = version;
    this.platform = platform;
    this.folder = path.join(root, version);
    this.lock = new Lock(path.join(root, `${version}.lock`));
  }

  get python(): string {
    return this.platform === "win32"
      ? path.join(this.folder, "Scripts", "python.exe")
      : path.join(this.folder, "bin", "python");
  }

  /** Is the server of `wheel`, the packaged one, installed here? */
  async isReady(wheel: string): Promise<boolean> {
    try {
      await stat(this.python);
      return (await readFile(this.marker, "utf8")) === (await this.mark(wheel));
    } catch {
      return false;
    }
  }

  /**
   * Build it from `wheel`; `complete` says when everything else is there too. Throws Cancelled, ProgramFailed, or what
   * the disk says. The caller holds the lock.
   */
  async build(builder: Builder, wheel: string, say: Say, cancel: Cancel): Promise<void> {
    const whole = await this.wasCompleted();
    await rm(this.marker, { force: true });
    if (!whole || !(await this.runs(cancel))) {
      say("Making a place for Ownhand…");
      await rm(this.folder, { recursive: true, force: true });
      const [program, args] = this.creation(builder);
      await run(program, args, cancel);
    }
    for (const [program, args] of this.installation(builder, wheel)) {
      await run(program, args, cancel, (line) => {
        const part = downloadedPart(line);
        if (part !== undefined) say(`Fetching ${part}…`);
      });
    }
    await run(this.python, ["-I", "-m", "ownhand", "--help"], cancel);
  }

  /** From now on it is ready, in every window whose extension brings the same `wheel`. */
  async complete(wheel: string): Promise<void> {
    await writeFile(this.marker, await this.mark(wheel));
  }

  /** Note that this window uses the environment, so that a newer version doesn't clear it away. */
  async use(): Promise<void> {
    await writeFile(path.join(this.folder, `used-by-${process.pid}`), "");
  }

  /** Remove the environments of other versions that no window uses. */
  async clearOthers(): Promise<void> {
    for (const entry of await readdir(this.root, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory() || entry.name === this.version) continue;
      const folder = path.join(this.root, entry.name);
      const users = (await readdir(folder)).map((name) => /^used-by-(\d+)$/.exec(name)?.[1]).filter((pid) => pid !== undefined);
      if (!users.some((pid) => processLives(Number(pid)))) await rm(folder, { recursive: true, force: true });
    }
  }

  private get marker(): string {
    return path.join(this.folder, "ownhand-ready.json");
  }

  private wasCompleted(): Promise<boolean> {
    return stat(this.marker).then(
      () => true,
      () => false,
    );
  }

  private async runs(cancel: Cancel): Promise<boolean> {
    if (cancel.isCancellationRequested) return false;
    return run(this.python, ["-I", "-c", ""], cancel).then(
      () => true,
      () => false,
    );
  }

  private creation(builder: Builder): [string, string[]] {
    if (builder.kind === "uv") return [builder.uv, ["venv", "--quiet", "--python", builder.python ?? "3.12", this.folder]];
    return [builder.python, ["-I", "-m", "venv", this.folder]];
  }

  /**
   * The server itself is installed anew each time, because pip and uv take a wheel of the same version for installed.
   * pip would fetch all parts again with it, so that it gets the server first and then what is missing.
   */
  private installation(builder: Builder, wheel: string): [string, string[]][] {
    if (builder.kind === "uv") {
      return [[builder.uv, ["pip", "install", "--python", this.python, "--reinstall-package", "ownhand", wheel]]];
    }
    const quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
    const install = ["-I", "-m", "pip", "install", ...quiet];
    return [
      [this.python, [...install, "--force-reinstall", "--no-deps", "--no-index", wheel]],
      [this.python, [...install, wheel]],
    ];
  }

  private async mark(wheel: string): Promise<string> {
    const content = createHash("sha256").update(await readFile(wheel)).digest("hex");
    return JSON.stringify({ format: markerFormat, version: this.version, wheel: path.basename(wheel), sha256: content });
  }
}

/** The part's name in a line of pip's ("Collecting rich>=14 (from …)") or uv's ("Downloading lxml (5.0MiB)"). */
export function downloadedPart(line: string): string | undefined {
  return /^(?:Collecting|Downloading) ([A-Za-z0-9](?:(?!-\d)[\w.-])*)/.exec(line)?.[1];
}
