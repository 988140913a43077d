import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeAll } from "../../remote/ssh";
import { labConnection, labTopology, onNode } from "../../tests/support/lab";
import { audit } from "./audit";
import { undeclared } from "./verdict";

const look = async (remember = false) => audit(labConnection("compute"), labTopology(), remember);
const paths = async () => undeclared(await look()).map(({ path }) => path);

const cleanUp = () =>
  onNode(
    "compute",
    "podman rm -f audit-hand >/dev/null 2>&1; podman volume rm -f audit-data audit-models >/dev/null 2>&1; podman rmi -f localhost/audit:1 >/dev/null 2>&1; rm -rf /srv/audit /var/lib/audit-app /var/lib/homelab/audit /etc/containers/systemd/audit.container; true",
  );

describe("the audit of a live on-demand node", () => {
  beforeAll(cleanUp);
  afterAll(async () => {
    cleanUp();
    await closeAll();
  });

  it("finds nothing on a node that keeps nothing", async () => {
    const findings = await look();
    expect(undeclared(findings)).toEqual([]);
    expect(findings.units).toEqual([]);
  });

  it("lists a volume made by hand with its size, and a declared one beside it", async () => {
    onNode(
      "compute",
      `podman volume create audit-data >/dev/null
       podman volume create --label homelab.dev/ephemeral='downloaded again' audit-models >/dev/null
       head -c 2000000 /dev/urandom > "$(podman volume inspect --format '{{.Mountpoint}}' audit-data)/blob"`,
    );
    const { losses } = await look();
    const data = losses.find(({ what }) => what === "podman volume audit-data");
    expect(data?.bytes).toBeGreaterThanOrEqual(2_000_000);
    expect(data?.ephemeral).toBeUndefined();
    expect(losses.find(({ what }) => what === "podman volume audit-models")?.ephemeral).toBe(
      "downloaded again",
    );
  });

  it("says which container made by hand uses a volume, and lists its writable bind", async () => {
    onNode(
      "compute",
      `tar -C / -c usr/bin/true 2>/dev/null | podman import -q - localhost/audit:1 >/dev/null
       mkdir -p /srv/audit
       podman create --name audit-hand -v audit-data:/data -v /srv/audit:/kept -v /run:/run -v /etc:/etc2:ro localhost/audit:1 /usr/bin/true >/dev/null`,
    );
    const open = undeclared(await look());
    expect(open.find(({ path }) => path.includes("audit-data"))?.notes.join()).toMatch(
      /used by audit-hand \(localhost\/audit:1\), started by hand/,
    );
    expect(open.filter(({ what }) => what === "bind").map(({ path }) => path)).toEqual(["/srv/audit"]);
    onNode("compute", "podman rm audit-hand >/dev/null");
  });

  it("lists databases that nobody declared, wherever they are", async () => {
    onNode(
      "compute",
      `mkdir -p /var/lib/audit-app /srv/audit/pg/global
       { printf 'SQLite format 3\\000'; head -c 20000 /dev/zero; } > /var/lib/audit-app/app.db
       echo 18 > /srv/audit/pg/PG_VERSION`,
    );
    const found = await paths();
    expect(found).toContain("/var/lib/audit-app/app.db");
    expect(found).toContain("/srv/audit/pg");
  });

  it("takes a reason in the directory for a declaration", async () => {
    onNode("compute", "echo 'a copy for trials' > /srv/audit/.homelab-ephemeral");
    const { losses } = await look();
    expect(losses.find(({ path }) => path === "/srv/audit/pg")?.ephemeral).toBe("a copy for trials");
  });

  it("judges a quadlet put there by hand, started or not", async () => {
    onNode(
      "compute",
      "printf '[Container]\\nImage=docker.io/library/redis:8\\nVolume=cache:/data\\n' > /etc/containers/systemd/audit.container",
    );
    const { units } = await look();
    expect(units.join()).toContain("unit audit.container has the volume cache");
  });

  it("says what grew since the last look", async () => {
    await look(true);
    onNode("compute", "head -c 20000000 /dev/urandom > /var/lib/audit-app/grown");
    const { grown } = await look();
    expect(grown.map(({ path }) => path)).toEqual(["/var/lib/audit-app"]);
  });

  it("finds nothing again after all of it was removed", async () => {
    cleanUp();
    const findings = await look();
    expect(findings.losses).toEqual([]);
    expect(findings.units).toEqual([]);
  });
});
