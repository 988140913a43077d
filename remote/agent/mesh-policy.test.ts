import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canMount, Machine } from "./testing/machine";

/** headscale, as far as a policy goes: it refuses one that names `tag:nobody`. */
const headscale = `#!/bin/bash
case "$*" in
*"nodes list"*) echo '[{"tags":["tag:storage"]},{"tags":["tag:desktop"]}]' ;;
*"policy set"*)
  policy=$(cat)
  if [[ $policy == *tag:nobody* ]]; then echo 'test failed' >&2; exit 1; fi
  printf '%s\\n' "$policy" >"$PLAYED/policy"
  ;;
*"policy get"*) cat "$PLAYED/policy" ;;
esac
`;
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const grant = (port: number, src = "tag:desktop") => ({
  src: [src],
  dst: ["tag:storage"],
  ip: [`tcp:${port}`],
});
const test = (port: number) => ({ src: "tag:desktop", accept: [`tag:storage:${port}`] });
const undo = "/var/lib/homelab/undo/mesh-policy-storage/undo.sh";

describe.skipIf(!canMount)("mesh-policy.sh", () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.start(4096);
    machine.play("podman", headscale);
  });
  afterEach(() => {
    machine.stop();
  });
  const set = (node: string, grants: object[], tests: object[] = [], confirm = "60") =>
    machine.script(
      "mesh-policy",
      [
        ...[
          "verb\tset",
          "container\theadscale",
          `node\t${node}`,
          `owners\t${encoded({})}`,
          `confirm\t${confirm}`,
        ],
        ...[`grants\t${grants.length}`, ...grants.map((one, i) => `grant${i}\t${encoded(one)}`)],
        ...[`tests\t${tests.length}`, ...tests.map((one, i) => `test${i}\t${encoded(one)}`)],
        "end\n",
      ].join("\n"),
    );
  const policy = () =>
    JSON.parse(machine.sh('cat "$PLAYED/policy"')) as { grants: object[]; tests: object[] };
  const armed = (answer: { stdout: string }) => /^armed\tyes$/m.test(answer.stdout);
  const confirm = () => machine.script("undo-confirm", "name\tmesh-policy-storage\nend\n").code;
  const pending = () => machine.run(["test", "-e", undo]).code === 0;

  it("makes the policy of all parts; a node's first one has nothing to come back to", () => {
    expect(
      armed(set("storage", [grant(5432)], [test(5432), { src: "tag:compute", deny: ["tag:storage:1"] }])),
    ).toBe(false);
    expect(armed(set("desktop", [{ ...grant(4222), dst: ["tag:desktop"] }]))).toBe(false);
    expect(policy().grants).toHaveLength(2);
    // compute has not joined.
    expect(policy().tests).toEqual([test(5432)]);
  });

  it("keeps another part that was confirmed", () => {
    set("storage", [grant(5432)]);
    expect(armed(set("storage", [grant(22)]))).toBe(true);
    expect(confirm()).toBe(0);
    expect(pending()).toBe(false);
    expect(policy().grants).toEqual([grant(22)]);
  });

  it("puts a node's former part back when nobody confirms the new one, beside what others have set meanwhile", () => {
    set("storage", [grant(22), grant(5432)], [test(22)]);
    expect(armed(set("storage", []))).toBe(true);
    const other = { ...grant(4222), dst: ["tag:desktop"] };
    set("desktop", [other]);
    expect(policy().grants).toEqual([other]);
    expect(machine.run(["bash", undo]).code).toBe(0);
    expect(policy().grants).toEqual(expect.arrayContaining([grant(22), grant(5432), other]));
    expect(policy().tests).toEqual([test(22)]);
    expect([pending(), confirm()]).toEqual([false, 26]);
  });

  it("lets others go on, and tries again, when headscale takes the former part back from nobody", () => {
    set("storage", [grant(22)]);
    set("storage", []);
    machine.play("podman", "#!/bin/bash\nexit 1\n");
    machine.sh(`sed -i "s/sleep 5/sleep 0/" ${undo}`);
    expect(machine.run(["bash", undo]).code).toBe(1);
    expect(pending()).toBe(true);
    const said = set("storage", [grant(80)]);
    expect([said.code, said.stderr]).toEqual([24, expect.stringContaining("is headscale running?")]);
    machine.play("podman", headscale);
    expect(machine.run(["bash", undo]).code).toBe(0);
    expect(policy().grants).toEqual([grant(22)]);
    expect(pending()).toBe(false);
  });

  it("leaves nothing to undo of a part that headscale refuses", () => {
    set("storage", [grant(5432)]);
    const said = set("storage", [grant(22, "tag:nobody")]);
    expect([said.code, pending()]).toEqual([25, false]);
    expect(policy().grants).toEqual([grant(5432)]);
    expect(machine.sh("ls /var/lib/homelab/mesh")).not.toContain(".new");
  });
});
