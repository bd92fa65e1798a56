/** Run a program and follow its output line by line. */
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import * as path from "node:path";

/** A cancel button, without saying whose. */
export interface Cancel {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): { dispose(): void };
}

export class Cancelled extends Error {}

/** A program ended badly; `message` is its last line of output. */
export class ProgramFailed extends Error {}

/**
 * Resolves with everything that the program wrote to standard output. Lines of both streams go to `onLine` as they
 * come; a carriage return counts as a line end, because progress bars write so. Throws Cancelled or ProgramFailed.
 * It runs in the home folder: uv reads settings where it is started, and a manuscript folder must not give it any.
 */
export function run(
  program: string,
  args: readonly string[],
  cancel?: Cancel,
  onLine: (line: string) => void = () => undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own where the system has groups, so that a cancel reaches the program's own children too.
    const grouped = process.platform !== "win32";
    const child = spawn(program, args, { cwd: homedir(), windowsHide: true, detached: grouped, stdio: "pipe" });
    child.stdin.end();
    let last = "";
    let output = "";
    const follow = (chunk: string): void => {
      for (const line of chunk.split(/[\r\n]+/).map((part) => part.trim())) {
        if (line === "") continue;
        last = line;
        onLine(line);
      }
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      follow(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", follow);
    const watch = cancel?.onCancellationRequested(() => {
      end(child.pid, grouped);
    });
    child.on("error", (error) => {
      watch?.dispose();
      reject(error);
    });
    child.on("close", (code) => {
      watch?.dispose();
      if (cancel?.isCancellationRequested === true) reject(new Cancelled());
      else if (code === 0) resolve(output);
      else reject(new ProgramFailed(last || `${program} ended with code ${String(code)}`));
    });
  });
}

function end(pid: number | undefined, grouped: boolean): void {
  if (pid === undefined) return;
  if (!grouped) {
    // By its whole path: Windows looks for a bare name in the current folder first.
    const taskkill = path.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "taskkill.exe");
    spawn(taskkill, ["/pid", String(pid), "/t", "/f"], { windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself in the meantime.
  }
}
