import { expect, it } from "vitest";
import * as alerts from "./alerts/faults";
import * as jobs from "./jobs/faults";
import { drills } from "./list";
import * as lockout from "./mesh/lockout";
import * as members from "./mesh/members";

const given = (drill: string, name: string) =>
  drills.find((one) => one.name === drill)?.short.environment?.[name] ?? "";

it("the shortened forms name alerts, faults and scenarios that there are", () => {
  const known = [...alerts.together, ...alerts.alone].map(({ alert }) => alert);
  for (const alert of given("alerts", "ALERTS").split(",")) expect(known).toContain(alert);

  const scenarios = [...Object.values(members), ...Object.values(lockout)].flatMap((one) =>
    typeof one === "object" && "name" in one ? [one.name] : [],
  );
  for (const name of given("mesh", "ONLY_OF").split(",")) expect(scenarios).toContain(name);

  const only = new RegExp(given("jobs", "ONLY_OF"));
  const faults = [...jobs.faults, ...jobs.plainFaults].map(({ what, at }) => `${what}, ${at}`);
  expect(faults.filter((what) => only.test(what))).toHaveLength(2);
});

it("what a drill is given is not what make drills itself is asked by, which would take its place", () => {
  const names = drills.flatMap(({ short, full }) =>
    [short, full].flatMap((form) => Object.keys(form?.environment ?? {})),
  );
  for (const own of ["ONLY", "FULL", "SLOWER"]) expect(names).not.toContain(own);
});
