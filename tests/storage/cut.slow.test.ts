import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImage, imageSchema } from "../../remote/image";
import { podmanChanged, podmanOn } from "../../remote/podman";
import { applySecret, removeSecret } from "../../remote/secret";
import { closeAll } from "../../remote/ssh";
import { unitSchema } from "../../remote/unit/spec";
import { applyUnit, removeUnit, unitDrift } from "../../remote/unit/unit";
import { script } from "../support/backup";
import { lab, labConnection, onNode } from "../support/lab";
import { mc, servicesBack } from "../support/services";

const never = new AbortController().signal;
const connection = labConnection("storage");
const secret = (name: string, value: string) => ({ connection, name, value });
const unit = unitSchema.parse({
  connection,
  service: "lab-cut.service",
  files: [
    {
      path: "/etc/systemd/system/lab-cut.service",
      content: "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n",
    },
    { path: "/etc/lab-cut/number", content: "1\n" },
  ],
  health: { exec: ["test", "-s", "/etc/lab-cut/number"], timeoutSeconds: 20 },
  keeps: ["/srv/lab-cut"],
});
const image = imageSchema.parse({
  connection,
  repository: "localhost/lab-cut",
  containerfile:
    "FROM localhost/homelab-lab/postgres:18-trixie\nRUN seq 1 200000 >/lab-cut && for i in 1 2 3 4 5; do seq $i 5000 >/lab-cut-$i; done\n",
  timeoutSeconds: 120,
});
const shown = (name: string) =>
  onNode("storage", `podman secret inspect --showsecret --format '{{.SecretData}}' ${name}`).trim();

/** Loses what was not synced, at once. */
async function powerCut(): Promise<void> {
  lab("node", "kill", "--lose-cache", "storage");
  await closeAll();
  podmanChanged(connection);
  lab("node", "start", "storage");
  servicesBack();
}

describe("a power cut right after something was said to be done", () => {
  beforeAll(() => {
    servicesBack();
  });
  afterAll(async () => {
    await removeSecret(secret("lab-cut", "-"), never);
    await removeUnit(unit, never);
    await closeAll();
    onNode(
      "storage",
      `rm -rf /etc/lab-cut /var/lib/homelab/keeps/lab-cut.service; podman image rm --force ${image.reference} >/dev/null`,
    );
    mc("rm --recursive --force root/parquet/lab-cut-test");
    script("buckets.sh", "--accept-smaller");
  });

  it("leaves a unit whole, enabled and running, and known", async () => {
    await applyUnit(unit, never);
    await powerCut();
    expect(onNode("storage", "cat /etc/lab-cut/number; systemctl is-active lab-cut")).toBe("1\nactive\n");
    expect(onNode("storage", "cat /var/lib/homelab/keeps/lab-cut.service")).toBe("/srv/lab-cut\n");
    expect(await unitDrift(unit, never)).toEqual([]);
  });

  it("leaves a secret, and all others", async () => {
    const before = onNode("storage", "podman secret ls --quiet | sort");
    await applySecret(secret("lab-cut", "two"), never);
    await powerCut();
    expect(shown("lab-cut")).toBe("two");
    expect(onNode("storage", "podman secret ls --quiet | sort")).toContain(before.split("\n")[0]);
  });

  it("leaves an image with what is in its files", async () => {
    await buildImage(image, never);
    await powerCut();
    expect(
      onNode(
        "storage",
        `podman run --rm --network none --entrypoint sh ${image.reference} -c 'cat /lab-cut* | wc -l'`,
      ).trim(),
    ).toBe(String(200_000 + 5 * 5000 - 10));
  });

  it("leaves the mirror of the buckets as it was said to be", async () => {
    mc("pipe root/parquet/lab-cut-test/0 </dev/null");
    onNode("storage", "true");
    const put = Array.from(
      { length: 8 },
      (_, i) => `seq ${i} 30000 | mc --quiet pipe root/parquet/lab-cut-test/${i}`,
    );
    onNode(
      "storage",
      "podman exec -i minio sh",
      `export MC_HOST_root="http://$(cat /run/secrets/homelab-minio-root-user):$(cat /run/secrets/homelab-minio-root-password)@127.0.0.1:9000"\n${put.join("\n")}\n`,
    );
    expect(script("buckets.sh")).toMatchObject({ code: 0 });
    await powerCut();
    const whole = ". /usr/local/lib/homelab/backup/lib.sh; mirror_whole";
    expect(onNode("storage", `bash -c '${whole}' 2>&1; echo "ended with $?"`)).toBe("ended with 0\n");
  });
});

describe("podman's secrets, emptied by a power cut in the middle of a change", () => {
  const files = "/var/lib/containers/storage/secrets";

  it.each(["secrets.json", "filedriver/secretsdata.json"])(
    "are told as missing when %s is empty, and come back with the next change",
    async (file) => {
      await applySecret(secret("lab-cut", "before"), never);
      const all = onNode("storage", "podman secret ls --format '{{.Name}} {{.ID}}' | grep -v lab-cut | sort");
      // As secret.sh leaves it when it is cut off: the copy is there, and one of the two files has just been opened.
      onNode("storage", `cp -a -T ${files} /var/lib/homelab/secrets-before && : >${files}/${file}`);
      podmanChanged(connection);
      expect([...(await podmanOn(connection, never)).secrets.keys()]).toEqual([]);
      await applySecret(secret("lab-cut", "after"), never);
      expect(shown("lab-cut")).toBe("after");
      expect(
        onNode("storage", "podman secret ls --format '{{.Name}} {{.ID}}' | grep -v lab-cut | sort"),
      ).toBe(all);
      expect(
        onNode("storage", `ls -d ${files}.damaged-* && rm -r ${files}.damaged-*; ls /var/lib/homelab`),
      ).not.toContain("secrets-before");
      await removeSecret(secret("lab-cut", "-"), never);
    },
  );
});
