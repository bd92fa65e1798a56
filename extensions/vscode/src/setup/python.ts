/** Find a Python to build Ownhand's own environment from, without starting a stub that opens an installer or a store. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import * as path from "node:path";

import { run } from "./run.ts";

/** Where programs may lie and what kind of machine this is; a test gives its own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly searchPath: readonly string[];
  readonly home: string;
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
}

/** How the environment will be built. `fetchesPython`: uv knows no Python here and would bring one. */
export type Builder =
  | { readonly kind: "python"; readonly python: string }
  | { readonly kind: "uv"; readonly uv: string; readonly python: string | undefined; readonly fetchesPython: boolean }
  | { readonly kind: "ready"; readonly python: string };

/** No Python was found; `message` is the one sentence for the writer. */
export class NoPython extends Error {}

const oldest = [3, 11] as const;
const probe =
  "import sys, json, importlib.util as u; " +
  "print(json.dumps([list(sys.version_info[:2]), bool(u.find_spec('venv') and u.find_spec('ensurepip')), bool(u.find_spec('ownhand'))]))";

interface Probed {
  readonly newEnough: boolean;
  readonly buildsEnvironments: boolean;
  readonly hasOwnhand: boolean;
}

export function thisMachine(): Machine {
  const searchPath = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const home = process.env["HOME"] ?? process.env["USERPROFILE"] ?? "";
  const timed = (program: string, args: readonly string[]): Promise<string> => {
    const patience = AbortSignal.timeout(15_000);
    const cancel = {
      get isCancellationRequested() {
        return patience.aborted;
      },
      onCancellationRequested: (listener: () => void) => {
        patience.addEventListener("abort", listener);
        return {
          dispose: () => {
            patience.removeEventListener("abort", listener);
          },
        };
      },
    };
    return run(program, args, cancel);
  };
  return { platform: process.platform, searchPath, home, run: timed };
}

/** The setting, else uv, else a probed Python. Throws NoPython with one sentence that says what to install. */
export async function findBuilder(machine: Machine, setting: string): Promise<Builder> {
  if (setting !== "") return chosen(machine, setting);
  const uv = await findUv(machine);
  const python = await firstGood(machine, uv !== undefined);
  if (uv !== undefined) return { kind: "uv", uv, python, fetchesPython: python === undefined };
  if (python !== undefined) return { kind: "python", python };
  throw new NoPython(whatToInstall(machine.platform));
}

async function chosen(machine: Machine, setting: string): Promise<Builder> {
  const found = await look(machine, setting);
  if (found === undefined) throw new NoPython(`The setting ownhand.python names ${setting}, which is no working Python.`);
  if (!found.newEnough) throw new NoPython(`The setting ownhand.python names ${setting}, which is older than Python 3.11.`);
  if (found.hasOwnhand) return { kind: "ready", python: setting };
  if (found.buildsEnvironments) return { kind: "python", python: setting };
  throw new NoPython(`${setting} has no venv module. On Debian or Ubuntu, install the package python3-venv.`);
}

async function findUv(machine: Machine): Promise<string | undefined> {
  const places = [...machine.searchPath, path.join(machine.home, ".local", "bin"), path.join(machine.home, ".cargo", "bin")];
  return firstFile(places.map((folder) => path.join(folder, machine.platform === "win32" ? "uv.exe" : "uv")));
}

/** uv builds environments without the venv module, so a Debian Python without it is good enough then. */
async function firstGood(machine: Machine, withUv: boolean): Promise<string | undefined> {
  for (const candidate of await candidates(machine)) {
    const found = await look(machine, candidate);
    if (found?.newEnough === true && (withUv || found.buildsEnvironments)) return candidate;
  }
  return undefined;
}

/** Programs that may be started: existing files, in order of preference, without stubs. */
export async function candidates(machine: Machine): Promise<string[]> {
  const windows = machine.platform === "win32";
  const names = windows
    ? ["python.exe", "python3.exe"]
    : ["python3", ...[15, 14, 13, 12, 11].map((minor) => `python3.${minor}`)];
  const files = names.flatMap((name) => places(machine).map((folder) => path.join(folder, name)));
  const appleStubs = machine.platform === "darwin" && !(await hasAppleTools(machine));
  const found: string[] = [];
  for (const file of new Set(files)) {
    if (windows && /[\\/]microsoft[\\/]windowsapps[\\/]/i.test(file)) continue;
    if (appleStubs && path.dirname(file) === "/usr/bin") continue;
    if ((await firstFile([file])) !== undefined) found.push(file);
  }
  return found;
}

function places(machine: Machine): string[] {
  if (machine.platform === "darwin") {
    const framework = "/Library/Frameworks/Python.framework/Versions/Current/bin";
    return [...machine.searchPath, "/opt/homebrew/bin", "/usr/local/bin", framework];
  }
  if (machine.platform === "win32") {
    const programs = path.join(machine.home, "AppData", "Local", "Programs", "Python");
    return [...machine.searchPath, ...[314, 313, 312, 311].map((version) => path.join(programs, `Python${version}`))];
  }
  return [...machine.searchPath, "/usr/bin", "/usr/local/bin"];
}

/** Without the developer tools, macOS's /usr/bin/python3 opens an installer when started. */
async function hasAppleTools(machine: Machine): Promise<boolean> {
  return machine.run("/usr/bin/xcode-select", ["-p"]).then(
    () => true,
    () => false,
  );
}

async function look(machine: Machine, python: string): Promise<Probed | undefined> {
  try {
    const [version, venv, ownhand] = JSON.parse(await machine.run(python, ["-I", "-c", probe])) as [
      [number, number],
      boolean,
      boolean,
    ];
    const newEnough = version[0] > oldest[0] || (version[0] === oldest[0] && version[1] >= oldest[1]);
    return { newEnough, buildsEnvironments: venv, hasOwnhand: ownhand };
  } catch {
    return undefined;
  }
}

async function firstFile(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    try {
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch {
      // Not there, or not ours to start: the next one.
    }
  }
  return undefined;
}

function whatToInstall(platform: NodeJS.Platform): string {
  const where =
    platform === "linux"
      ? "Install the packages python3 and python3-venv of your distribution"
      : "Install Python from python.org";
  return `Ownhand needs Python 3.11 or newer and found none. ${where}, then press “Set up” again.`;
}
