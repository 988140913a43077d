import fc from "fast-check";
import { expect, it } from "vitest";
import { judge } from "../engine/judge";
import { fixtureTopology } from "../fixtures";
import { readFiles } from "../readers/files/read";
import kept from "./fuzz.seeds.json";

/** Minutes of the whole run, and its seed: another one each time, printed, so that what it finds can be found again. */
const minutes = Number(process.env.FUZZ_MINUTES ?? 10);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

type Texts = Readonly<Record<string, string>>;

/** What the rule says of the files that are given, and how long it took. */
function said(
  texts: Texts,
  given: readonly string[],
): { details: string[]; errors: number; seconds: number } {
  const begun = Date.now();
  const { facts, errors } = readFiles(
    given.map((path) => ({ path, text: texts[path] ?? "" })),
    {
      read: (path) => texts[path],
      filesIn: (folder) =>
        Object.keys(texts).filter((path) => path.startsWith(`${folder}/`) || folder === ""),
    },
  );
  const { violations } = judge(facts, fixtureTopology, { node: "compute" });
  const details = [...new Set(violations.map(({ detail }) => detail))].sort();
  return { details, errors: errors.size, seconds: (Date.now() - begun) / 1000 };
}

const name = fc.constantFrom("a", "b", "c", "d");
const mount = fc.constantFrom(
  ...[
    "/srv/a:/a",
    "d:/d",
    "/x",
    "/run/a:/a",
    "${X}:/a",
    "${X:-/srv/x}:/a",
    "/srv/a:/a:ro",
    "/l:/a:O",
    ":",
    "a:b:c:d",
  ],
  ...["/l:/a:O,upperdir=/srv/u", "", "C:\\x:/x", "{{ x }}:/x", "/srv/a:/a:", "__proto__:/a"],
);
const tag = fc.constantFrom("", "", "", "!reset ", "!override ");

const service = fc.record(
  {
    image: fc.constantFrom("nginx", "redis:7", "${I}", "grafana/grafana"),
    volumes: fc.tuple(tag, fc.array(mount, { maxLength: 4 })),
    tmpfs: fc.tuple(tag, fc.array(fc.constantFrom("/data", "/a", "/d:size=1"), { maxLength: 2 })),
    volumes_from: fc.array(
      fc.tuple(name, fc.constantFrom("", ":ro", ":rw")).map((one) => one.join("")),
      { maxLength: 3 },
    ),
    extends: fc.oneof(
      name,
      fc.record(
        { file: fc.constantFrom("compose.yaml", "b.yaml", "none.yaml"), service: name },
        { requiredKeys: ["service"] },
      ),
    ),
    labels: fc.constantFrom(["homelab.dev/ephemeral=x"], { "homelab.dev/ephemeral": null }, []),
  },
  { requiredKeys: [] },
);
const compose = fc
  .record({
    services: fc.dictionary(name, service, { maxKeys: 4 }),
    include: fc.array(fc.constantFrom("b.yaml", "compose.yaml", "none.yaml"), { maxLength: 2 }),
    volumes: fc.dictionary(
      name,
      fc.constantFrom(null, { external: true }, { driver_opts: { type: "nfs" } }),
      { maxKeys: 2 },
    ),
  })
  .map((file) =>
    JSON.stringify(file).replace(
      /\["(!reset |!override |)",(\[[^\]]*\])\]/g,
      (_, mark: string, list: string) => mark + list,
    ),
  );

const option = fc.constantFrom(
  ...[
    "-v /srv/a:/a",
    "--env-host",
    "--read-only-tmpfs",
    "-it",
    "--name x",
    "-e A=b",
    "--mount type=bind,src=/srv/b,dst=/b",
  ],
  ...[
    "--image-volume=tmpfs",
    "--rm=true",
    "-dv/srv/c:/c",
    "--unknown",
    "--unknown=x",
    "'-v' \"/srv/d:/d\"",
    "--",
    "-",
    '"',
  ],
);
const unit = fc
  .array(
    fc.oneof(
      mount.map((one) => `Volume=${one}`),
      fc.array(option, { maxLength: 4 }).map((options) => `PodmanArgs=${options.join(" ")}`),
      fc.constantFrom(
        "Volume=",
        "Mount=type=volume,dst=/x",
        "Pod=p.pod",
        "Rootfs=/srv/r:O",
        "Volume=v.volume:/v",
      ),
    ),
    { maxLength: 5 },
  )
  .map((lines) => ["[Container]", "Image=docker.io/library/nginx", ...lines, ""].join("\n"));

const dropIn = unit.map((text) => text.replace("Image=docker.io/library/nginx\n", ""));

/** Files that count together, and those of them that may be named. */
const project = fc.oneof(
  fc.record({ "compose.yaml": compose, "compose.override.yaml": compose, "b.yaml": compose }),
  fc.record({ "web.container": unit, "web.container.d/10.conf": dropIn, "container.d/20.conf": dropIn }),
);

const properties = {
  "whatever is given, there is an answer at once, and the order of the files changes nothing": fc.property(
    project,
    (texts) => {
      const paths = Object.keys(texts);
      const { details, errors, seconds } = said(texts, paths);
      expect(seconds).toBeLessThan(2);
      const backwards = said(texts, [...paths].reverse());
      expect(backwards.details).toEqual(details);
      expect(backwards.errors).toBe(errors);
    },
  ),
  "what is found in a unit with its drop-ins is found whichever of them is named": fc.property(
    fc.record({ "web.container": unit, "web.container.d/10.conf": dropIn }),
    (texts) => {
      const whole = said(texts, Object.keys(texts)).details;
      for (const path of Object.keys(texts)) expect(said(texts, [path]).details).toEqual(whole);
    },
  ),
  "what is found in a compose file with its override is found whichever of them is named": fc.property(
    fc.record({ "compose.yaml": compose, "compose.override.yaml": compose }),
    (texts) => {
      const whole = said(texts, Object.keys(texts)).details;
      for (const path of Object.keys(texts)) expect(said(texts, [path]).details).toEqual(whole);
    },
  ),
  "a shell around a command hides nothing of it": fc.property(
    fc.array(option, { maxLength: 5 }).filter((options) => !options.includes('"')),
    fc.constantFrom("sh -c ", "/bin/bash -lc ", "sudo su - x -c ", "env A=b sh -ec "),
    (options, shell) => {
      const command = `podman run ${options.join(" ")} nginx`.replaceAll("'", "").replaceAll('"', "");
      const service = (line: string): Texts => ({ "a.service": `[Service]\nExecStart=${line}\n` });
      expect(said(service(`${shell}'${command}'`), ["a.service"]).details).toEqual(
        said(service(command), ["a.service"]).details,
      );
    },
  ),
};

const each = (minutes * 60_000) / Object.keys(properties).length;

it.each(Object.entries(properties))(
  `%s (FUZZ_SEED=${seed})`,
  (title, property) => {
    // What failed once is tried first.
    for (const one of kept.filter((entry) => entry.property === title)) {
      fc.assert(property as fc.IProperty<unknown>, { seed: one.seed, path: one.path, numRuns: 1 });
    }
    process.stdout.write(`fuzz: ${title}: FUZZ_SEED=${seed}\n`);
    fc.assert(property as fc.IProperty<unknown>, {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: each,
      markInterruptAsFailure: false,
    });
  },
  each + 60_000,
);
