import { describe, expect, it } from "vitest";
import { judge } from "../../../engine/judge";
import { fixtureTopology } from "../../../fixtures";
import { readFiles } from "../read";

type Texts = Readonly<Record<string, string>>;

/** What the rule says of the files that are given; the others stand beside them. */
function said(texts: Texts, ...given: string[]): { details: string[]; errors: string[] } {
  const paths = given.length > 0 ? given : Object.keys(texts);
  const { facts, errors } = readFiles(
    paths.map((path) => ({ path, text: texts[path] ?? "" })),
    { read: (path) => texts[path], filesIn: () => [] },
  );
  const { violations } = judge(facts, fixtureTopology, { node: "compute" });
  return {
    details: violations.map(({ file, detail }) => `${file}: ${detail}`),
    errors: [...errors.values()],
  };
}

const details = (texts: Texts, ...given: string[]): string[] => said(texts, ...given).details;

/** One compose file with these lines below its service. */
const service = (...lines: string[]): string =>
  ["services:", "  a:", "    image: nginx", ...lines.map((line) => `    ${line}`), ""].join("\n");
const bind = service("volumes: ['/srv/a:/data']");

describe("!reset and !override", () => {
  const over = (...lines: string[]): Texts => ({
    "compose.yaml": bind,
    "compose.override.yaml": ["services:", "  a:", ...lines.map((line) => `    ${line}`), ""].join("\n"),
  });

  it("take back and replace the volumes of the file before", () => {
    expect(details(over("volumes: !reset []"))).toEqual([]);
    expect(details(over("volumes: !reset null"))).toEqual([]);
    expect(details(over("volumes: !override", "- {type: tmpfs, target: /data2}"))).toEqual([]);
    expect(details(over("volumes:", "- {type: tmpfs, target: /data2}"))).toHaveLength(1);
    expect(details(over("volumes: !override ['/srv/b:/b']"))).toEqual([
      expect.stringContaining("/srv/b") as string,
    ]);
  });

  it("take back a whole service, or replace it", () => {
    const texts = (tag: string): Texts => ({
      "compose.yaml": bind,
      "compose.override.yaml": `services:\n  a: ${tag}\n`,
    });
    expect(details(texts("!reset null"))).toEqual([]);
    expect(details(texts("!override {image: nginx}"))).toEqual([]);
    expect(details(texts("{image: nginx}"))).toHaveLength(1);
  });

  it("uncover what stood behind what they take back", () => {
    const texts = (over: string): Texts => ({
      "compose.yaml": "services: {cache: {image: 'redis:7', tmpfs: /data}}\n",
      "compose.override.yaml": `services: {cache: {tmpfs: ${over}}}\n`,
    });
    expect(details(texts("[/other]"))).toEqual([]);
    expect(details(texts("!reset null"))).toHaveLength(1);
    expect(details(texts("!override [/other]"))).toHaveLength(1);
  });

  it("count below a setting too: options, labels, what is extended", () => {
    const nfs = "volumes: {d: {driver_opts: {type: nfs, device: ':/d', o: addr=storage}}}\n";
    const texts = (over: string): Texts => ({
      "compose.yaml": `${service("volumes: ['d:/data']")}${nfs}`,
      "compose.override.yaml": `services: {}\nvolumes: {d: ${over}}\n`,
    });
    expect(details(texts("{driver_opts: {o: addr=desktop}}"))).toEqual([]);
    expect(details(texts("{driver_opts: !reset null}"))).toHaveLength(1);
    expect(details(texts("{driver_opts: {type: !reset null}}"))).toHaveLength(1);
    expect(details(texts("!override {}"))).toHaveLength(1);
    const label = service("labels: {homelab.dev/ephemeral: a cache}", "volumes: ['/srv/a:/data']");
    const unlabelled = "services: {a: {labels: !reset {}}}\n";
    expect(details({ "compose.yaml": label, "compose.override.yaml": unlabelled })).toHaveLength(1);
    expect(
      details({
        "compose.yaml":
          "services:\n  a: {extends: {service: b}, volumes: !reset []}\n  b: {image: nginx, volumes: ['/srv/b:/b'], labels: {homelab.dev/ephemeral: a copy}}\n",
      }),
    ).toEqual([]);
  });

  it("are read in a file that states a key twice", () => {
    const twice = "services:\n  a:\n    image: x\n    image: nginx\n    volumes: !override ['/run/a:/a']\n";
    expect(details({ "compose.yaml": bind, "compose.override.yaml": twice })).toEqual([]);
    const reset = "services:\n  a:\n    image: x\n    image: nginx\n    volumes: !reset [1]\n";
    expect(details({ "compose.yaml": bind, "compose.override.yaml": reset })).toEqual([]);
  });
});

describe("merged files", () => {
  it("keep the later mount of a target, in whichever form it is written", () => {
    for (const volume of ["/run/a:/data", "/run/a:/data/", "{type: tmpfs, target: /data}"]) {
      const over = `services: {a: {volumes: [${volume.startsWith("{") ? volume : `'${volume}'`}]}}\n`;
      expect([volume, ...details({ "compose.yaml": bind, "compose.override.yaml": over })]).toEqual([volume]);
    }
  });

  it("take labels as a list and as a map", () => {
    const over = "services: {a: {labels: ['homelab.dev/ephemeral=a cache']}}\n";
    const base = service("labels: {x: y}", "volumes: ['/srv/a:/data']");
    expect(details({ "compose.yaml": base, "compose.override.yaml": over })).toEqual([]);
  });

  it("keep what the base says where the later file says nothing of it", () => {
    expect(
      details({ "compose.yaml": bind, "compose.override.yaml": "services: {a: {volumes: }}\n" }),
    ).toHaveLength(1);
  });
});

describe("extends", () => {
  it("merges mounts by their target, from the same file and from another", () => {
    const base = "services: {b: {image: nginx, volumes: ['data:/data']}}\n";
    const own = "services:\n  a:\n    extends: {file: base.yml, service: b}\n    volumes:\n    - ";
    expect(
      details({ "compose.yaml": `${own}{type: tmpfs, target: /data}\n`, "base.yml": base }, "compose.yaml"),
    ).toEqual([]);
    expect(
      details({ "compose.yaml": `${own}{type: tmpfs, target: /other}\n`, "base.yml": base }, "compose.yaml"),
    ).toEqual([expect.stringMatching(/^compose.yaml: .*volume data/) as string]);
  });

  it("fills in variables of the other file by the project's .env", () => {
    const texts = {
      ".env": "DATA=/run/a\n",
      "compose.yaml": "services: {a: {extends: {file: base.yml, service: b}}}\n",
      "base.yml": "services: {b: {image: nginx, volumes: ['${DATA}:/data']}}\n",
    };
    expect(details(texts, "compose.yaml")).toEqual([]);
  });

  it("is an error where it goes in a circle, in one file or over several", () => {
    const one = "services:\n  a: {extends: {service: b}}\n  b: {extends: {service: a}}\n";
    expect(said({ "compose.yaml": one }).errors[0]).toContain("extends itself");
    const self = "services: {a: {extends: {service: a}, volumes: ['/srv/a:/a']}}\n";
    expect(said({ "compose.yaml": self })).toEqual({
      errors: [expect.stringContaining("extends itself") as string],
      details: [expect.stringContaining("/srv/a") as string],
    });
    const two = {
      "compose.yaml": "services: {a: {extends: {file: b.yml, service: a}}}\n",
      "b.yml": "services: {a: {extends: {file: compose.yaml, service: a}}}\n",
    };
    expect(said(two, "compose.yaml").errors[0]).toContain("extends itself");
  });

  it("of what is not there is a violation, and of a file that cannot be read an error", () => {
    const text = "services: {a: {extends: {file: base.yml, service: b}}}\n";
    expect(details({ "compose.yaml": text }, "compose.yaml")[0]).toContain("b that it extends was not found");
    expect(said({ "compose.yaml": text, "base.yml": "a: [" }, "compose.yaml").errors[0]).toContain(
      "base.yml",
    );
  });
});

describe("include", () => {
  const part = "services: {b: {image: nginx, volumes: ['/srv/b:/b']}}\n";

  it.each([
    ["a string", "include: part.yaml\n"],
    ["a list of strings", "include: [part.yaml]\n"],
    ["paths", "include: [{path: part.yaml}]\n"],
    ["a list of paths", "include: [{path: [other.yaml, part.yaml]}]\n"],
    ["a folder and variables", "include: [{path: part.yaml, project_directory: x, env_file: x.env}]\n"],
    ["a path below", "include: ['./y/../part.yaml']\n"],
  ])("by %s is read along", (_, include) => {
    const texts = { "compose.yaml": include, "part.yaml": part, "other.yaml": "services: {b: {image: x}}\n" };
    expect(details(texts, "compose.yaml")).toEqual([expect.stringMatching(/^compose.yaml: .*\/srv\/b/)]);
    expect(details({ ...texts, "home.yml": include }, "home.yml")).toHaveLength(1);
  });

  it("lays the paths of one entry upon each other", () => {
    const texts = {
      "compose.yaml": "include: [{path: [part.yaml, over.yaml]}]\n",
      "part.yaml": part,
      "over.yaml": "services: {b: {volumes: !reset []}}\n",
    };
    expect(details(texts, "compose.yaml")).toEqual([]);
  });

  it("takes the variables of the folder or the file that the entry names", () => {
    const texts = {
      "compose.yaml": "include: [{path: y/part.yaml, env_file: my.env}, {path: z/part.yaml}]\n",
      "my.env": "DATA=/run/y\n",
      "z/.env": "DATA=/run/z\n",
      "y/part.yaml": "services: {y: {image: nginx, volumes: ['${DATA}:/y']}}\n",
      "z/part.yaml": "services: {z: {image: nginx, volumes: ['${DATA}:/z']}}\n",
    };
    expect(details(texts, "compose.yaml")).toEqual([]);
    expect(details({ ...texts, "my.env": "", "z/.env": "" }, "compose.yaml")).toHaveLength(2);
  });

  it("in a circle is an error, of what is not there a violation, of what cannot be read an error", () => {
    const circle = {
      "compose.yaml": "include: [two.yaml]\nservices: {a: {image: nginx, volumes: [/a]}}\n",
      "two.yaml": "include: [compose.yaml]\n",
    };
    expect(said(circle, "two.yaml").errors).toHaveLength(1);
    expect(
      said({ "compose.yaml": "include: [two.yaml]\n", "two.yaml": "include: [two.yaml]\n" }, "compose.yaml")
        .errors[0],
    ).toContain("two.yaml includes itself");
    expect(details({ "compose.yaml": "include: ['oci://example.org/app']\n" })[0]).toContain("was not found");
    expect(
      said({ "compose.yaml": "include: [two.yaml]\n", "two.yaml": "a: [" }, "compose.yaml").errors[0],
    ).toContain("two.yaml, which counts with it");
  });
});

describe("volumes_from", () => {
  it("takes over what the other took over, once", () => {
    const text =
      "services:\n  a: {image: nginx, volumes_from: [b, c]}\n  b: {image: nginx, volumes_from: ['c:ro']}\n  c: {image: nginx, volumes: ['/srv/c:/c']}\n";
    expect(details({ "compose.yaml": text })).toHaveLength(2);
  });

  it("in a circle is an error at once, however many take part", () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const lines = names.map(
      (name) =>
        `  ${name}: {image: nginx, volumes_from: [${names.filter((one) => one !== name).join(", ")}]}`,
    );
    const start = Date.now();
    expect(said({ "compose.yaml": `services:\n${lines.join("\n")}\n` }).errors[0]).toContain(
      "by way of others",
    );
    expect(Date.now() - start).toBeLessThan(2000);
  });
});

describe("YAML merge keys", () => {
  it.each([
    ["a map", "<<: *x"],
    ["a list of maps", "<<: [*y, *x]"],
    ["a map that is merged itself", "<<: *z"],
  ])("by %s count, and lose against the service's own", (_, merge) => {
    const head =
      "x-a: &x {image: nginx, volumes: ['/srv/a:/a']}\nx-b: &y {restart: always}\nx-c: &z {<<: *x}\n";
    expect(details({ "compose.yaml": `${head}services: {a: {${merge}}}\n` })).toHaveLength(1);
    expect(details({ "compose.yaml": `${head}services: {a: {${merge}, volumes: []}}\n` })).toEqual([]);
  });
});

describe("volumes that are laid over others", () => {
  it("keep what is written in their upper directory", () => {
    const text = (o: string): string =>
      `${service("volumes: ['work:/data']")}volumes: {work: {driver_opts: {type: overlay, device: overlay, o: '${o}'}}}\n`;
    expect(details({ "compose.yaml": text("lowerdir=/srv/l,upperdir=/srv/u,workdir=/srv/w") })[0]).toContain(
      "/srv/u",
    );
    expect(details({ "compose.yaml": text("lowerdir=/srv/l:/srv/m") })).toEqual([]);
    expect(details({ "compose.yaml": text("lowerdir=/srv/l,upperdir=/run/u,workdir=/run/w") })).toEqual([]);
  });
});
