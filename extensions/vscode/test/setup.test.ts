import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, test } from "node:test";

import { downloadedPart, Environment } from "../src/setup/environment.ts";
import { Lock } from "../src/setup/lock.ts";
import { candidates, findBuilder, NoPython, type Builder, type Machine } from "../src/setup/python.ts";
import { Cancelled, ProgramFailed, run } from "../src/setup/run.ts";

const made: string[] = [];

function folder(): string {
  const created = mkdtempSync(path.join(tmpdir(), "ownhand-test-"));
  made.push(created);
  return created;
}

afterEach(() => {
  for (const one of made.splice(0)) rmSync(one, { recursive: true, force: true });
});

function program(file: string, text = "#!/bin/sh\n"): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** A machine whose programs only exist as far as `answers` say; starting any other one fails the test. */
function machine(platform: NodeJS.Platform, searchPath: string[], answers: Record<string, string>): Machine {
  return {
    platform,
    searchPath,
    home: "/nowhere",
    run: (name) => {
      const answer = answers[name];
      return answer === undefined ? Promise.reject(new ProgramFailed(name)) : Promise.resolve(answer);
    },
  };
}

test("a Python that is too old is passed over for a newer one", async () => {
  const bin = folder();
  const old = program(path.join(bin, "python3"));
  const good = program(path.join(bin, "python3.12"));
  const found = await findBuilder(machine("linux", [bin], { [old]: "[[3, 9], true, false]", [good]: "[[3, 12], true, false]" }), "");
  assert.deepEqual(found, { kind: "python", python: good });
});

test("uv comes before a Python of its own kind, and takes that Python", async () => {
  const bin = folder();
  const uv = program(path.join(bin, "uv"));
  const python = program(path.join(bin, "python3"));
  const found = await findBuilder(machine("linux", [bin], { [python]: "[[3, 11], false, false]" }), "");
  assert.deepEqual(found, { kind: "uv", uv, python, fetchesPython: false });
});

test("a Python without the venv module can't build without uv, and the sentence says what to install", async () => {
  const bin = folder();
  const python = program(path.join(bin, "python3"));
  await assert.rejects(findBuilder(machine("linux", [bin], { [python]: "[[3, 11], false, false]" }), ""), (error) => {
    assert.ok(error instanceof NoPython);
    assert.match(error.message, /python3-venv/);
    return true;
  });
});

test("the store stub of Windows is never started", async () => {
  const apps = path.join(folder(), "Microsoft", "WindowsApps");
  program(path.join(apps, "python.exe"));
  assert.deepEqual(await candidates(machine("win32", [apps.replaceAll("/", path.sep)], {})), []);
});

test("the setting wins, and a Python that has Ownhand is used as it is", async () => {
  const bin = folder();
  const mine = program(path.join(bin, "mypython"));
  program(path.join(bin, "uv"));
  assert.deepEqual(await findBuilder(machine("linux", [bin], { [mine]: "[[3, 13], true, true]" }), mine), {
    kind: "ready",
    python: mine,
  });
  await assert.rejects(findBuilder(machine("linux", [bin], {}), "/not/there"), /no working Python/);
});

/** A process that was there and is no more. */
function deadPid(): string {
  return spawnSync(process.execPath, ["-e", "process.stdout.write(String(process.pid))"]).stdout.toString();
}

test("a lock is had by one, and by the next when the first gives it back", async () => {
  const file = path.join(folder(), "1.lock");
  const [first, second] = [new Lock(file), new Lock(file)];
  assert.equal(await first.tryTake(), true);
  assert.equal(await second.tryTake(), false);
  await first.release();
  assert.equal(await second.tryTake(), true);
  await second.release();
  assert.equal(existsSync(file), false);
});

test("a dead owner's lock is taken over, by one of those who wait", async () => {
  const file = path.join(folder(), "1.lock");
  writeFileSync(file, deadPid());
  const waiting = [1, 2, 3, 4].map(() => new Lock(file));
  const taken = await Promise.all(waiting.map((lock) => lock.tryTake()));
  assert.equal(taken.filter((one) => one).length, 1);
  await Promise.all(waiting.map((lock) => lock.release()));
});

test("the lock of a process id that belongs to somebody else now doesn't lock for ever", async () => {
  const file = path.join(folder(), "1.lock");
  writeFileSync(file, String(process.ppid));
  const lock = new Lock(file, 3);
  assert.deepEqual([await lock.tryTake(), await lock.tryTake(), await lock.tryTake()], [false, false, false]);
  assert.equal(await lock.tryTake(), true);
  await lock.release();
});

test("an owner that is there keeps its lock, however often others look", async () => {
  const file = path.join(folder(), "1.lock");
  writeFileSync(file, String(process.ppid));
  const lock = new Lock(file, 3);
  for (let look = 0; look < 10; look++) {
    utimesSync(file, look + 1, look + 1);
    assert.equal(await lock.tryTake(), false);
  }
});

test("a lock that somebody else has taken since is not given back", async () => {
  const file = path.join(folder(), "1.lock");
  const lock = new Lock(file);
  assert.equal(await lock.tryTake(), true);
  writeFileSync(file, String(process.ppid));
  await lock.release();
  assert.equal(existsSync(file), true);
});

/** A wheel of Ownhand whose program says only `sentence`. */
function wheel(sentence: string): string {
  const file = path.join(folder(), "ownhand-1.0.0-py3-none-any.whl");
  const about = "ownhand-1.0.0.dist-info";
  const files = {
    "ownhand/__init__.py": "",
    "ownhand/__main__.py": `print(${JSON.stringify(sentence)})\n`,
    [`${about}/METADATA`]: "Metadata-Version: 2.1\nName: ownhand\nVersion: 1.0.0\n",
    [`${about}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${about}/RECORD`]: `ownhand/__init__.py,,\nownhand/__main__.py,,\n${about}/METADATA,,\n${about}/WHEEL,,\n${about}/RECORD,,\n`,
  };
  const write = "import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as wheel:\n" +
    "    for name, text in json.loads(sys.argv[2]).items(): wheel.writestr(name, text)";
  assert.equal(spawnSync("python3", ["-c", write, file, JSON.stringify(files)]).status, 0);
  return file;
}

const never = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };

test("an environment is ready only with its marker, for its version and for its wheel", async () => {
  const root = folder();
  const [packaged, rebuilt] = [wheel("as packaged"), wheel("rebuilt")];
  const [environment, next] = [new Environment(root, "1.0.0"), new Environment(root, "1.0.1")];
  program(environment.python);
  program(next.python);
  assert.equal(await environment.isReady(packaged), false);
  await environment.complete(packaged);
  assert.equal(await environment.isReady(packaged), true);
  assert.equal(await environment.isReady(rebuilt), false);
  assert.equal(await environment.isReady(path.join(root, "gone.whl")), false);
  writeFileSync(path.join(next.folder, "ownhand-ready.json"), readFileSync(path.join(environment.folder, "ownhand-ready.json")));
  assert.equal(await next.isReady(packaged), false);
});

/** What each of two builds with wheels of the same version says, and how often a new environment was made. */
async function rebuilt(builder: Builder): Promise<[string[], number]> {
  const environment = new Environment(folder(), "1.0.0");
  const [answers, said]: [string[], string[]] = [[], []];
  for (const sentence of ["as packaged", "rebuilt"]) {
    const packaged = wheel(sentence);
    await environment.build(builder, packaged, (line) => said.push(line), never);
    await environment.complete(packaged);
    answers.push((await run(environment.python, ["-I", "-m", "ownhand"])).trim());
  }
  return [answers, said.filter((line) => line.startsWith("Making a place")).length];
}

test("pip installs a rebuilt wheel of the same version over the old one, in place", async () => {
  assert.deepEqual(await rebuilt({ kind: "python", python: "python3" }), [["as packaged", "rebuilt"], 1]);
});

test("an environment that was stopped before it had pip is made anew", async () => {
  const environment = new Environment(folder(), "1.0.0");
  await run("python3", ["-I", "-m", "venv", "--without-pip", environment.folder]);
  await environment.build({ kind: "python", python: "python3" }, wheel("whole"), () => undefined, never);
  assert.equal((await run(environment.python, ["-I", "-m", "ownhand"])).trim(), "whole");
});

const uvIsThere = spawnSync("uv", ["--version"]).status === 0;

test("uv installs a rebuilt wheel of the same version over the old one, in place", { skip: !uvIsThere }, async () => {
  const builder: Builder = { kind: "uv", uv: "uv", python: "python3", fetchesPython: false };
  assert.deepEqual(await rebuilt(builder), [["as packaged", "rebuilt"], 1]);
});

test("an old version's environment is cleared away only when no window uses it", async () => {
  const root = folder();
  const [old, used, current] = ["0.1.0", "0.2.0", "0.3.0"].map((version) => new Environment(root, version, "linux"));
  assert.ok(old && used && current);
  for (const one of [old, used, current]) mkdirSync(one.folder);
  await used.use();
  await current.clearOthers();
  assert.deepEqual([old, used, current].map((one) => existsSync(one.folder)), [false, true, true]);
});

test("the lines of pip and uv name what is being fetched", () => {
  assert.equal(downloadedPart("Collecting pygls<3,>=2.1 (from ownhand==0.1.0)"), "pygls");
  assert.equal(downloadedPart("Downloading xllamacpp-2026.10.11549-cp310-abi3.whl (33.8 MB)"), "xllamacpp");
  assert.equal(downloadedPart("Downloading lxml (5.0MiB)"), "lxml");
  assert.equal(downloadedPart("Installing collected packages: rich"), undefined);
});

test("a cancelled program ends with its children", { skip: process.platform === "win32" }, async () => {
  const cancel = new AbortController();
  const running = run(
    "/bin/sh",
    ["-c", "sleep 600 & echo started; wait"],
    {
      get isCancellationRequested() {
        return cancel.signal.aborted;
      },
      onCancellationRequested: (listener) => {
        cancel.signal.addEventListener("abort", listener);
        return { dispose: () => undefined };
      },
    },
    () => {
      cancel.abort();
    },
  );
  // The child's child holds the same pipe: the promise settles only once that is gone too.
  await assert.rejects(running, Cancelled);
});

test("a failing program's last line is its error", async () => {
  await assert.rejects(run("/bin/sh", ["-c", "echo one; echo no space left >&2; exit 3"]), /no space left/);
});
