import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse, splitWords, valueOf, valuesOf } from "../../packages/quadlet";
import { seaweedfsSchema, services, type SeaweedfsSettings } from "../../services";
import { alwaysOn, declared, named, passwordOf, secret, type Declared } from "../testing";
import { identities, peerTexts, SeaweedCopy, SeaweedNode, weedArguments } from ".";

const settings = seaweedfsSchema.parse({ apiPort: 8400, memory: "2G" });
const store = {
  buckets: { kept: { versioned: true }, plain: { versioned: false } },
  users: {
    writer: { buckets: ["kept", "plain"], access: "read-write" as const },
    reader: { buckets: ["kept"], access: "read-only" as const },
  },
};
const run = (copy: SeaweedfsSettings["copy"] = "off") =>
  declared(() => {
    new SeaweedNode("s3", {
      ...{ node: alwaysOn(), settings: { ...settings, copy }, declared: store, sshIdentity: undefined },
      ...{ clientImage: "quay.io/minio/minio:1", copyOn: alwaysOn("desktop") },
    });
  });

describe("a SeaweedNode", () => {
  it("declares its children, all named after it, and nothing else", async () => {
    const all = await run();
    expect(all.map(({ name }) => name).sort()).toEqual([
      "s3",
      "s3-client-image",
      "s3-contents",
      "s3-identities-secret",
      "s3-image",
      "s3-root",
      "s3-root-password-secret",
      "s3-root-user-secret",
      "s3-unit",
      "s3-user-reader-secret",
      "s3-user-reader-secret-kept",
      "s3-user-writer-secret",
      "s3-user-writer-secret-kept",
    ]);
    expect(named(all, "s3").visible.placement).toEqual({
      ...{ node: "storage", keeps: "persistent" },
      paths: ["/srv/homelab/seaweedfs"],
    });
  });

  it("has its identities in a secret that is never empty, and shows no key anywhere in the state", async () => {
    const all = await run();
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain(passwordOf(""));
    const given = named(all, "s3-identities-secret");
    expect(given.visible.value).toBe(secret);
    const { identities: known, policies } = JSON.parse(given.inputs.value as string) as {
      identities: { name: string; actions?: string[]; policyNames?: string[]; credentials: object[] }[];
      policies: { name: string; content: string }[];
    };
    expect(known.map(({ name, actions, policyNames }) => [name, actions ?? policyNames])).toEqual([
      ["homelab-root", ["Admin"]],
      ["reader", ["homelab-reader"]],
      ["writer", ["homelab-writer"]],
    ]);
    expect(known.at(-1)?.credentials).toEqual([
      { accessKey: "writer", secretKey: passwordOf("s3-user-writer-secret") },
    ]);
    expect(policies.map(({ name }) => name)).toEqual(["homelab-reader", "homelab-writer"]);
    for (const { content } of policies) {
      const { Statement } = JSON.parse(content) as { Statement: { Resource?: string[] }[] };
      for (const { Resource } of Statement) expect(Resource?.length).toBeGreaterThan(0);
    }
  });

  it("serves S3 and figures, and keeps the doors that ask for no key on loopback", async () => {
    const unit = named(await run(), "s3-unit");
    const files = unit.inputs.files as { path: string; content: string }[];
    expect(files.map(({ path }) => path)).toEqual([
      "/etc/containers/systemd/seaweedfs.container",
      "/etc/homelab/health/seaweedfs",
    ]);
    const quadlet = parse(files[0]?.content ?? "");
    const words = splitWords(valueOf(quadlet, "Container", "Exec") ?? "");
    expect(words).toEqual(weedArguments(settings));
    expect(words).toEqual(
      expect.arrayContaining([
        ...["-ip.bind=127.0.0.1", "-s3.ip.bind=0.0.0.0", "-s3.port=8400", "-filer.disableHttp=true"],
        ...[
          "-s3.config=/run/secrets/homelab-seaweedfs-identities",
          "-s3.iam=false",
          "-s3.autoCreateBucket=false",
        ],
        ...["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"],
      ]),
    );
    expect(valuesOf(quadlet, "Container", "Secret")).toEqual([
      "homelab-seaweedfs-identities,type=mount,mode=0400,uid=1000",
    ]);
    expect(valuesOf(quadlet, "Container", "Environment")).toEqual(["GOMEMLIMIT=819MiB"]);
    expect(valueOf(quadlet, "Service", "MemoryMax")).toBe("2G");
    // Its indexes are written when it is stopped.
    expect(Number(valueOf(quadlet, "Container", "StopTimeout"))).toBeGreaterThanOrEqual(60);
    expect(unit.inputs).toMatchObject({
      restartOn: { image: "image-id", identities: "fingerprint-of-s3-identities-secret" },
      directories: [{ path: "/srv/homelab/seaweedfs", mode: "0700", owner: "1000:1000" }],
      keeps: ["/srv/homelab/seaweedfs"],
    });
    const { health } = unit.inputs as { health: { exec: string[] } };
    expect(health.exec.slice(-2)).toEqual([
      "http://127.0.0.1:8400/healthz",
      "http://127.0.0.1:9333/dir/assign?collection=kept&writableVolumeCount=1",
    ]);
  });
});

describe("two that keep a copy each", () => {
  const given = { master: "10.0.0.1:9333", identities: "{}", password: passwordOf("s3-peer") };
  const second = () =>
    declared(() => {
      new SeaweedCopy("copy", {
        ...{ node: alwaysOn("desktop"), settings: services.seaweedfsCopy.settings.parse({}) },
        ...{ given: pulumi.output(given), sshIdentity: undefined },
      });
    });
  const quadletOf = (unit: Declared) => {
    const [file] = unit.inputs.files as { content: string }[];
    const quadlet = parse(file?.content ?? "");
    return {
      words: splitWords(valueOf(quadlet, "Container", "Exec") ?? ""),
      secrets: valuesOf(quadlet, "Container", "Secret"),
    };
  };
  const peers = [
    "homelab-seaweedfs-peer,type=mount,target=/etc/seaweedfs/peer.pem,mode=0400,uid=1000",
    "homelab-seaweedfs-security,type=mount,target=/etc/seaweedfs/security.toml,mode=0400,uid=1000",
    "homelab-seaweedfs-master,type=mount,target=/etc/seaweedfs/master.toml,mode=0400,uid=1000",
  ];

  it("are reached by each other's address, show each other a certificate, and keep each object once until it is required", async () => {
    const offered = quadletOf(named(await run("offered"), "s3-unit"));
    expect(offered.words).toEqual(
      expect.arrayContaining([
        ...["-ip=10.0.0.1", "-ip.bind=0.0.0.0", "-rack=storage", "-master.peers=none"],
        "-whiteList=@,127.0.0.1,10.0.0.1,10.0.0.2",
      ]),
    );
    expect(offered.words.join(" ")).not.toContain("defaultReplication");
    expect(offered.secrets.slice(1)).toEqual(peers);
    const required = await run("required");
    const unit = named(required, "s3-unit");
    expect(quadletOf(unit).words).toContain("-master.defaultReplication=010");
    const { health } = unit.inputs as { health: { exec: string[] } };
    expect(health.exec.at(-1)).toContain("&replication=010");
    expect(named(required, "s3-contents").inputs.copies).toEqual({
      ...{ replication: "010", other: { node: "desktop", filer: "10.0.0.2:9335" } },
    });
  });

  it("the second follows the first's master, with the same users, certificate and keys", async () => {
    const all = await second();
    const { words, secrets } = quadletOf(named(all, "copy-unit"));
    expect(words).toEqual(
      expect.arrayContaining([
        ...["-ip=10.0.0.2", "-rack=desktop", "-master=false", "-master.peers=10.0.0.1:9333"],
        "-s3.config=/run/secrets/homelab-seaweedfs-identities",
        "-whiteList=@,127.0.0.1,10.0.0.2,10.0.0.1",
      ]),
    );
    expect(secrets.slice(1)).toEqual(peers);
    const first = await run("offered");
    for (const what of ["certificate", "security", "master"])
      expect(named(all, `copy-peer-${what}-secret`).inputs.value).toEqual(
        named(first, `s3-peer-${what}-secret`).inputs.value,
      );
    expect(named(all, "copy").visible.placement).toEqual({
      ...{ node: "desktop", keeps: "persistent" },
      paths: ["/srv/homelab/seaweedfs"],
    });
    const open = JSON.stringify([...all, ...first].map(({ visible }) => visible));
    for (const part of [passwordOf(""), "PRIVATE KEY", "jwt"]) expect(open).not.toContain(part);
  });

  it("hold nothing of each other's in the clear: what is made of the password does not show it", () => {
    const texts = peerTexts("a-password");
    expect(peerTexts("a-password")).toEqual(texts);
    expect(peerTexts("another").security).not.toBe(texts.security);
    expect(Object.values(texts).join()).not.toContain("a-password");
  });
});

it("identities are the same text whatever the order in which they are declared", () => {
  const root = { user: "root", secretKey: "r" };
  const a = { buckets: ["x"], access: "read-only" as const, secretKey: "a" };
  expect(identities(root, { a, b: a }, ["x"])).toBe(identities(root, { b: a, a }, ["x"]));
});
