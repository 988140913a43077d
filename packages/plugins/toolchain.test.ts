import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** The script with programs that are played: what it finds on a computer is what the test puts there. */
const script = join(__dirname, "toolchain.sh");
const cli =
  /pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(join(__dirname, "toolchain/go.mod"), "utf8"))?.[1] ?? "";
const plugins = ["command", "random", "minio", "kubernetes"];
let folder: string;
const at = (...path: string[]) => join(folder, ...path);

function program(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), `#!/bin/bash\n${text}\n`);
  chmodSync(at(path), 0o755);
}
function pulumiAt(place: string): void {
  program(`${place}/pulumi`, `echo v${cli}`);
  program(`${place}/pulumi-language-nodejs`, "exit 0");
}
function pluginInHome(name: string): void {
  const { version } = JSON.parse(readFileSync(join(__dirname, `schemas/${name}.json`), "utf8")) as {
    version: string;
  };
  program(`pulumi-home/plugins/resource-${name}-v${version}/pulumi-resource-${name}`, "exit 0");
}

/** What is used, and what is said about the choice. */
function report(places: readonly string[] = []) {
  const { stdout, stderr, status } = spawnSync("bash", [script, "report"], {
    encoding: "utf8",
    env: {
      PATH: [...places.map((place) => at(place)), at("played"), "/usr/local/bin:/usr/bin:/bin"].join(":"),
      HOME: at("home"),
      XDG_CACHE_HOME: at("cache"),
      PULUMI_HOME: at("pulumi-home"),
    },
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const kinds = Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t").slice(0, 2)),
  ) as Record<string, string>;
  return { kinds, again: /chosen again: (.*)/.exec(stderr)?.[1], where: stdout };
}
const asked = () => readFileSync(at("asked"), "utf8").trim().split("\n").length;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-toolchain-"));
  // No network, and a Go that builds whatever it is asked for.
  program("played/curl", `echo asked >>'${at("asked")}'; exit 7`);
  program(
    "played/go",
    `[ "$1" != env ] || { echo go1.26; exit; }
while [ $# -gt 0 ]; do
  case $1 in -o) out=$2 ;; ./cmd/*) made+=("\${1##*/}") ;; esac
  shift
done
case $out in
*/) for each in "\${made[@]}"; do printf '#!/bin/sh\\n' >"$out$each"; chmod 755 "$out$each"; done ;;
*) printf '#!/bin/sh\\necho v${cli}\\n' >"$out"; chmod 755 "$out" ;;
esac`,
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("an installed Pulumi that was replaced in place, or removed, is noticed by the next run", () => {
  plugins.forEach(pluginInHome);
  pulumiAt("one");
  expect(report(["one"])).toMatchObject({ kinds: { cli: "official", random: "official" }, again: undefined });
  expect(report(["one"]).again).toBeUndefined();

  writeFileSync(at("one/pulumi"), `#!/bin/bash\n# newly built\necho v${cli}\n`);
  expect(report(["one"]).again).toBe("the installed Pulumi was replaced");
  expect(report(["one"]).again).toBeUndefined();

  rmSync(at("one"), { recursive: true });
  pulumiAt("two");
  expect(report(["two"]).again).toMatch(/^cli is gone \(installed at .*one\/pulumi\)/);
  expect(report(["two"]).where).toContain("two/pulumi");
});

it("stand-ins make way for what is there by now, and the network is asked once a day", () => {
  const first = report();
  expect(first.kinds).toMatchObject({ cli: "built", "language-nodejs": "stand-in", random: "stand-in" });
  const before = asked();
  expect(report().again).toBeUndefined();
  expect(asked()).toBe(before);

  pluginInHome("random");
  expect(report().again).toMatch(/^the official plugin random is in /);
  expect(report().kinds).toMatchObject({ cli: "built", random: "official", minio: "stand-in" });

  pulumiAt("one");
  expect(report(["one"]).again).toMatch(/^Pulumi .* is installed at .*one\/pulumi by now$/);
  expect(report(["one"]).kinds).toMatchObject({ cli: "official", minio: "stand-in" });

  const now = asked();
  const cache = at("cache/homelab/toolchain");
  const [used = ""] = readdirSync(cache).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const yesterday = Date.now() / 1000 - 2 * 86_400;
  utimesSync(join(cache, used, "asked"), yesterday, yesterday);
  expect(report(["one"]).again).toBeUndefined();
  expect(report(["one"]).again).toBeUndefined();
  expect(asked()).toBe(now + 1);
  program("played/curl", "exit 0");
  utimesSync(join(cache, used, "asked"), yesterday, yesterday);
  expect(report(["one"]).again).toMatch(/ can be reached by now$/);
});
