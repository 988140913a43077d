import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pulumiHome, type PulumiHome } from "./stand-in/home";
import { pack, run, topologyText } from "./stand-in/run";

let home: PulumiHome;
let topology: string;
let state: string;

/** `pulumi policy analyze` over the exported state, with the topology as it is now. */
const replay = () =>
  run(home, ["policy", "analyze", "--file", state, "--policy-pack", pack], { HOMELAB_TOPOLOGY: topology });

beforeAll(() => {
  home = pulumiHome();
  topology = join(home.folder, "topology.yaml");
  state = join(home.folder, "state.json");
  writeFileSync(topology, topologyText({}));
  const at = ["--stack", "organization/homelab/replay", "--config-file", join(home.folder, "replay.yaml")];
  const config = [`homelab:scenario=on-demand-afterwards`, `homelab:topology=${topology}`].flatMap((one) => [
    "--plaintext",
    one,
  ]);
  for (const args of [
    ["stack", "init", "--stack", "organization/homelab/replay"],
    ["config", "set-all", ...at, ...config],
    ["up", "--yes", "--skip-preview", ...at],
    ["stack", "export", "--stack", "organization/homelab/replay", "--file", state],
  ]) {
    const { code, said } = run(home, args);
    expect(code, said).toBe(0);
  }
});
afterAll(() => {
  home.remove();
});

it("an exported state passes while all that keeps data is on always-on nodes", () => {
  const { code, said } = replay();
  expect(code, said).toBe(0);
});

it("the same state is refused once one of its nodes is an on-demand one", () => {
  writeFileSync(topology, topologyText({ desktop: "on-demand" }));
  const { code, said } = replay();
  expect(code, said).not.toBe(0);
  expect(said).toContain("/srv/notes");
  expect(said).toContain("on the on-demand node desktop");
});

it("and where the topology cannot be read, since then every node may be one", () => {
  writeFileSync(topology, "nodes: {}");
  const { code, said } = replay();
  expect(code, said).not.toBe(0);
  expect(said).toContain("The topology could not be read");
});
