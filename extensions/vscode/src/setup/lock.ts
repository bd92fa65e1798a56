/** A lock file between editor windows. It holds the owner's process id, so that a crashed owner locks nobody out. */
import { readFile, rm, writeFile } from "node:fs/promises";

/** True when this process now owns the lock. */
export async function tryLock(file: string): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(file, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (await ownerLives(file)) return false;
      await rm(file, { force: true });
    }
  }
  return false;
}

export async function unlock(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** Does the process whose id is in `file` still run? A file that is just being written counts as owned. */
export async function ownerLives(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return false;
  const pid = Number.parseInt(text, 10);
  return Number.isNaN(pid) || processLives(pid);
}

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
