import { expect, it } from "vitest";
import { judge } from "./engine/judge";
import { fixtures, fixtureTopology } from "./fixtures";
import { read, reportOf } from "./fixtures.read";

const all = fixtures();

it("the whole of what is said of the fixtures is what stands in fixtures.said.txt", async () => {
  const lines = all.flatMap((fixture) =>
    [...reportOf(fixture).values()].flatMap((report) => [
      ...report.violations.map(({ rule, detail }) => `${fixture.name} ${rule}: ${detail}`),
      ...report.exemptions.map(
        ({ rule, detail, reason }) => `${fixture.name} ${rule} (${reason}): ${detail}`,
      ),
    ]),
  );
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("fixtures.said.txt");
});

it("on an always-on node there is nothing to say of any of them", () => {
  for (const { paths, placed, name } of all) {
    if (placed) continue;
    expect([name, judge(read(paths).facts, fixtureTopology, { node: "storage" })]).toEqual([
      name,
      { violations: [], exemptions: [] },
    ]);
  }
});
