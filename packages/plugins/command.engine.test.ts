import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Project } from "./testing/project";
import { freePort } from "../../tests/support/ports";
import { Sshd } from "./testing/sshd";

const program = (resources: string): string =>
  `import { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
const connection = JSON.parse(new pulumi.Config().require("connection"));
${resources}
`;

describe("remote.Command against a real sshd", () => {
  let sshd: Sshd;
  let project: Project;
  const connection = (over: object = {}): string =>
    JSON.stringify({
      host: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      privateKey: sshd.privateKey,
      hostKey: sshd.hostKey,
      dialErrorLimit: 0,
      ...over,
    });
  const connect = (over: object = {}): string =>
    project.mustRun("config", "set", "--secret", "connection", connection(over));
  beforeAll(async () => {
    sshd = new Sshd(await freePort());
    await sshd.start();
    project = new Project("");
    connect();
  });
  afterAll(() => {
    project.remove();
    sshd.stop();
  });
  const file = (): string => path.join(project.folder, "made");
  const read = (): string => readFileSync(file(), "utf8");

  test("create runs the command with its stdin and environment, and keeps what it printed", () => {
    project.program(
      program(`export const made = new remote.Command("made", {
  connection,
  create: "cat > ${file()}; echo out $GREETING; echo err >&2",
  update: "echo updated \\"$PULUMI_COMMAND_STDOUT\\" | tee -a ${file()}",
  delete: "rm -f ${file()}",
  stdin: pulumi.secret("from stdin\\n"),
  environment: { GREETING: "hello" },
  logging: "none",
});
export const { stdout, stderr } = made;`),
    );
    project.up();
    expect(read()).toBe("from stdin\n");
    expect(project.outputs()).toMatchObject({ stdout: "out hello", stderr: "err" });
  });

  test("nothing changed: nothing runs", () => {
    expect(project.planned("made")).toBe("same");
  });

  test("neither the key nor the secret stdin stands in the state in clear, and stdout is no secret", () => {
    const state = project.stateText();
    expect(state).not.toContain("OPENSSH PRIVATE KEY");
    expect(state).not.toContain("from stdin");
    expect(state).toContain("out hello");
  });

  test("another input is an update, which sees the last output", () => {
    const changed = readFileSync(path.join(project.folder, "index.ts"), "utf8").replace(`"hello"`, `"again"`);
    project.program(changed);
    expect(project.planned("made")).toBe("update");
    project.up();
    expect(read()).toBe("from stdin\nupdated out hello\n");
  });

  test("another trigger replaces, and the old delete runs", () => {
    const text = readFileSync(path.join(project.folder, "index.ts"), "utf8");
    project.program(text.replace("logging:", "triggers: [1], logging:"));
    expect(project.planned("made")).toBe("replace");
    project.up();
    expect(existsSync(file())).toBe(false);
  });

  test("an exit code other than 0 is an error with what was printed, but without a secret command", () => {
    project.program(
      program(`new remote.Command("failing", {
  connection, create: pulumi.secret("echo said it; exit 3 # hidden-word"), logging: "none" });`),
    );
    const done = project.run("up", "--yes", "--skip-preview");
    expect(done.status).not.toBe(0);
    expect(done.stdout).toContain("exited with status 3");
    expect(done.stdout).toContain("said it");
    expect(done.stdout).not.toContain("hidden-word");
  });

  test("a locked key opens with its password", () => {
    connect({ privateKey: sshd.lockedKey, privateKeyPassword: "open sesame" });
    project.program(
      program(`export const { stdout } = new remote.Command("locked", { connection, create: "echo in" });`),
    );
    project.up();
    expect(project.outputs().stdout).toBe("in");
  });

  test("another host key is refused at once, and no key is shown", () => {
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKmuRHVLXqlYv3uqsLPjsyjBJJXTTEwc2ej7Bq5VGTSZ";
    connect({ hostKey: other, dialErrorLimit: 10 });
    project.program(program(`new remote.Command("other", { connection, create: "true" });`));
    const done = project.run("up", "--yes", "--skip-preview");
    expect(done.stdout).toContain("another host key than connection.hostKey");
    expect(done.stdout).toContain("after 1 attempts");
    expect(done.stdout + done.stderr).not.toContain("PRIVATE KEY");
  });

  test("a jump host is refused with a sentence", () => {
    connect({ proxy: { host: "jump" } });
    const done = project.run("preview");
    expect(done.stdout).toContain("connection.proxy is not supported by this stand-in");
  });
});

describe("local.Command", () => {
  let project: Project;
  beforeAll(() => {
    project = new Project(
      program(`export const made = new local.Command("made", {
  create: "cat; echo $A; pwd", stdin: "in:", environment: { A: "a" }, dir: "/", interpreter: ["/bin/sh", "-ec"],
});
export const hidden = new local.Command("hidden", { create: pulumi.secret("echo hidden-word") });
export const stdout = made.stdout;`),
    );
    project.mustRun("config", "set", "connection", "{}");
    project.up();
  });
  afterAll(() => {
    project.remove();
  });

  test("runs where and by what it is told", () => {
    expect(project.outputs().stdout).toBe("in:a\n/");
  });

  test("what a secret command prints is secret", () => {
    expect(project.stateText()).not.toContain("hidden-word");
  });

  test("a destroy leaves nothing in the state", () => {
    project.mustRun("destroy", "--yes");
    expect(() => project.resource("made")).toThrow("no resource made");
  });
});
