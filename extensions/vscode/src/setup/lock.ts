/**
 * A lock file between editor windows. It holds the owner's process id, so that a crashed owner locks nobody out; and
 * its owner touches it now and then, because a process id may belong to somebody else after a restart.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import * as path from "node:path";

const beatMs = 2000;

export class Lock {
  private readonly file: string;
  private readonly patience: number;
  private beat: NodeJS.Timeout | undefined;
  private seen = "";
  private unchanged = 0;

  /** `patience`: looks in a row that find the same untouched file, before its owner counts as gone. */
  constructor(file: string, patience = 60) {
    this.file = file;
    this.patience = patience;
  }

  /** True when this process now owns the lock. To wait for it, call again every half second. */
  async tryTake(): Promise<boolean> {
    if (await this.create()) return true;
    if (!(await this.isAbandoned())) return false;
    await this.putAside();
    return this.create();
  }

  async release(): Promise<void> {
    clearInterval(this.beat);
    if ((await contents(this.file)) === String(process.pid)) await rm(this.file, { force: true });
  }

  private async create(): Promise<boolean> {
    await mkdir(path.dirname(this.file), { recursive: true });
    try {
      await writeFile(this.file, String(process.pid), { flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return false;
    }
    this.beat = setInterval(() => {
      const now = new Date();
      utimes(this.file, now, now).catch(() => undefined);
    }, beatMs);
    this.beat.unref();
    return true;
  }

  /** Is the owner dead, or has it not touched the file for a while? One that is just being written counts as owned. */
  private async isAbandoned(): Promise<boolean> {
    const now = await state(this.file);
    if (now === undefined) return false;
    this.unchanged = now === this.seen ? this.unchanged + 1 : 0;
    this.seen = now;
    const pid = Number.parseInt(now, 10);
    return this.unchanged >= this.patience || (!Number.isNaN(pid) && !processLives(pid));
  }

  /** Of two windows that find the same lock abandoned one gets it; a lock that was made since then is put back. */
  private async putAside(): Promise<void> {
    const aside = `${this.file}.${randomUUID()}`;
    try {
      await rename(this.file, aside);
    } catch {
      return; // the other window was faster
    }
    if ((await state(aside)) !== this.seen) await link(aside, this.file).catch(() => undefined);
    await rm(aside, { force: true });
  }
}

/** The owner and when it was last there, in one string. */
async function state(file: string): Promise<string | undefined> {
  const text = await contents(file);
  const touched = await stat(file).then(({ mtimeMs }) => mtimeMs, () => undefined);
  return text === undefined || touched === undefined ? undefined : `${text}@${touched}`;
}

async function contents(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
