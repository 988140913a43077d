import { describe, expect, it } from "vitest";
import { house } from "../../power/testing";
import type { ManagedFileArgs } from "../../provider/sdk/remote";
import { declared } from "../testing";
import { HealthWatch, watched } from ".";

const textOf = (content: ManagedFileArgs["content"]) => (typeof content === "string" ? content : "");
const decoded = (content: ManagedFileArgs["content"]) =>
  textOf(content)
    .split("\n")
    .filter((line) => line.startsWith("probe\t"))
    .map((line) => Buffer.from(line.slice(6), "base64").toString("utf8"));

describe("a HealthWatch", () => {
  it("is a timer that looks twice a minute", async () => {
    const all = await declared(
      () => new HealthWatch("health", { node: house.nodes.compute, sshIdentity: undefined }),
    );
    const unit = all.find(({ name }) => name === "health-unit");
    expect(unit?.inputs).toMatchObject({ service: "homelab-health.timer" });
    const text = JSON.stringify(unit?.inputs);
    expect(text).toContain("OnUnitInactiveSec=30");
    expect(text).toContain("health.sh /etc/homelab/health /var/lib/homelab/metrics");
  });
});

describe("the file by which a service is watched", () => {
  it("asks what its start is asked, restarts nothing when it changes, and can be read", () => {
    const file = watched({
      ...{ service: "a.service", health: { http: "http://127.0.0.1:1/" }, ill: "restart" },
      keeps: ["/srv/a"],
    });
    expect(file).toMatchObject({ path: "/etc/homelab/health/a", onChange: "nothing" });
    expect(file.content).toMatch(
      /^# "curl" .*"http:\/\/127.0.0.1:1\/"\nrestart\tyes\nstart\t60\nkeeps\t\/srv\/a\n/,
    );
    expect(decoded(file.content).at(-1)).toBe("http://127.0.0.1:1/");
  });

  it("keeps every word of a command as it is", () => {
    const exec = ["sh", "-c", "a\tb\nrestart\tyes", " x "];
    const { content } = watched({ service: "a.service", health: { exec }, ill: "tell" });
    expect(decoded(content)).toEqual(exec);
    expect(textOf(content).match(/^restart\t/gm)).toEqual(["restart\t"]);
  });
});
