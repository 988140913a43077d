import { expect, it } from "vitest";
import { readJobs } from ".";

const image = "registry.example.org/thumbs:1.4.2";
const command = { user: "ada", command: "true" };

/** What is said of a job with these keys. */
function said(keys: object): string[] {
  try {
    readJobs(JSON.stringify({ jobs: { probe: { node: "storage", ...keys } } }), "jobs.yaml");
    return [];
  } catch (error) {
    return (error as Error).message.replaceAll("jobs.yaml: ", "").split("\n");
  }
}

it("a job is a command of a user, or an image: each with its own keys", () => {
  expect([said(command), said({ image }), said({ image, command: ["--all"], memory: "1G" })]).toEqual([
    ...[[], [], []],
  ]);
  expect(said({ image, command: "ls | wc", environment: { A_1: "x" }, retries: 2 })).toEqual([]);
});

it("what is neither, or half of one, is told what is missing", () => {
  expect(said({})).toEqual([
    "jobs.probe.user is missing: say as whom the command runs, or give an image that runs in the cluster.",
    "jobs.probe.command is missing: only a job with image may do without.",
  ]);
  expect(said({ ...command, command: ["ls"] })).toEqual([
    "jobs.probe.command is a list, which only a job with image may have: write it as one text, for the shell.",
  ]);
  expect(said({ ...command, memory: "1G" })).toEqual([
    "jobs.probe has memory and no image: it limits a pod, and this is a command of the node.",
  ]);
});

it("an image with keys of a command is refused, a sentence for each", () => {
  const keys = { user: "ada", shell: "/bin/bash", directory: "/tmp", input: "x" };
  expect(said({ image, ...keys })).toEqual(
    Object.keys(keys).map(
      (key) =>
        `jobs.probe has both image and ${key}: ${key} is of a command of the node, and an image runs as a pod of the cluster. Take out one of the two.`,
    ),
  );
});

it("an image is pinned, and a variable has a name that a pod can have", () => {
  expect(said({ image: "registry.example.org/thumbs:latest" })).toEqual([
    expect.stringContaining(
      'jobs.probe.image is "registry.example.org/thumbs:latest": it must be a whole image reference with an exact tag',
    ),
  ]);
  expect(said({ image, environment: { "A-B": "x" } })).toEqual([
    "jobs.probe.environment.A-B cannot be a variable of a pod: letters, digits and _ may stand in its name, and no digit first.",
  ]);
});
