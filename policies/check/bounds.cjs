// Runs the check in a thread of its own and ends it where it would take too long or too much memory: whatever is in a
// file, there is an answer. The file at which that happened is refused, and the rest is judged again without it.
"use strict";
const { Worker } = require("node:worker_threads");

/** Of the processors' time, so that a busy machine changes no answer: at one file, and of all together. */
const secondsOfOne = 3;
const secondsOfAll = 10;
/** By the clock, whatever else the machine does. */
const longest = 17;
/** Of the thread's heap, and of the whole process. */
const heapMegabytes = 256;
const megabytes = 420;

const tooLong = "it takes too long to be judged: no manifest that people write does";
const tooMuch = "it takes too much memory to be judged: no manifest that people write does";

/** Files that may be refused before the rest is. */
const mostRefused = 3;

function run(entry, args) {
  const refused = {};
  const seconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };

  const begun = Date.now();
  const isOver = () => seconds() > secondsOfAll || Date.now() - begun > longest * 1000;

  const start = () => {
    // The number of the file that is read, from 1 on; 0 before and after.
    const progress = new Int32Array(new SharedArrayBuffer(4));
    let paths = [];
    let seen = -1;
    let since = seconds();
    const thread = new Worker(entry, {
      argv: args,
      workerData: { isTTY: process.stdout.isTTY === true, refused, progress },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: 32 },
      stdout: true,
      stderr: true,
    });
    const said = { stdout: [], stderr: [] };
    for (const name of ["stdout", "stderr"]) thread[name].on("data", (chunk) => said[name].push(chunk));
    let why;
    const stop = (reason) => {
      if (why !== undefined) return;
      why = reason;
      clearInterval(watch);
      void thread.terminate();
    };
    const watch = setInterval(() => {
      const now = Atomics.load(progress, 0);
      if (now !== seen) [seen, since] = [now, seconds()];
      if (seconds() - since > (now === 0 ? secondsOfAll : secondsOfOne) || isOver()) stop(tooLong);
      if (process.memoryUsage.rss() > megabytes * 2 ** 20) stop(tooMuch);
    }, 50);
    thread.on("message", (message) => {
      paths = message.paths;
    });
    thread.on("error", (error) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") why ??= tooMuch;
      else said.stderr.push(`${error.stack ?? error}\n`);
    });
    thread.on("exit", (code) => {
      clearInterval(watch);
      if (why === undefined) {
        for (const name of ["stdout", "stderr"]) for (const chunk of said[name]) process[name].write(chunk);
        process.exitCode = code;
        return;
      }
      const at = paths[Atomics.load(progress, 0) - 1];
      const canGoOn = at !== undefined && !(at in refused) && Object.keys(refused).length < mostRefused;
      if (canGoOn && !isOver()) {
        refused[at] = why;
        start();
      } else giveUp(args, paths, { ...refused, ...(at === undefined ? {} : { [at]: why }) }, why);
    });
  };
  start();
}

/** Nothing was judged: the report says so of every file, and the exit code with it. */
function giveUp(args, paths, refused, why) {
  const rest = why.replace(
    /^it takes (.*?) to be judged.*/,
    "the files together take $1 to be judged: check them in parts",
  );
  const files = paths.map((path) => ({
    ...{ path, verdict: "error", read: false, violations: [], exemptions: [] },
    error: refused[path] ?? rest,
  }));
  for (const { path, error } of files.slice(0, 20))
    process.stderr.write(`${path} could not be judged: ${error}.\n`);
  if (files.length === 0) process.stderr.write(`Nothing could be judged: ${why}.\n`);
  const isJson = args.some(
    (arg, index) => arg === "--output=json" || (arg === "--output" && args[index + 1] === "json"),
  );
  const report = { files, notRead: { passed: [], others: 0 } };
  process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : `${files.length} could not be judged.\n`);
  process.exitCode = 2;
}

module.exports = { run };
