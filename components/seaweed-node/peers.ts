import { hkdfSync } from "node:crypto";
import { certificateOf } from "../../services";

/** By what the two that keep a copy each know one another. */
export const peerKeys = ["certificate", "security", "master"] as const;
type PeerKey = (typeof peerKeys)[number];

/** Where each of these is: a podman secret on both nodes, and the file where `weed`, its shell too, looks for it. */
export const peerFiles: Readonly<Record<PeerKey, { readonly secret: string; readonly path: string }>> = {
  certificate: { secret: "homelab-seaweedfs-peer", path: "/etc/seaweedfs/peer.pem" },
  security: { secret: "homelab-seaweedfs-security", path: "/etc/seaweedfs/security.toml" },
  master: { secret: "homelab-seaweedfs-master", path: "/etc/seaweedfs/master.toml" },
};

/**
 * What each of them holds, made of one password: a certificate that both show each other on every connection of gRPC, and keys
 * without which a volume server gives nothing out and takes nothing in; and what the master does by itself.
 * @param at where the certificate is, as the program sees it
 * @param minutes whole ones, between two looks for what is there once only
 */
export function peerTexts(
  password: string,
  at = peerFiles.certificate.path,
  minutes = 5,
): Record<PeerKey, string> {
  const { certificate, key } = certificateOf(password, "seaweedfs");
  const signing = (what: string) =>
    Buffer.from(hkdfSync("sha256", password, "homelab", what, 32)).toString("base64url");
  const text = (value: string) => JSON.stringify(value);
  const pair = `cert = ${text(at)}\nkey = ${text(at)}\n`;
  return {
    certificate: `${certificate}${key}`,
    security: [
      `[jwt.signing]\nkey = ${text(signing("seaweedfs writes"))}\n`,
      `[jwt.signing.read]\nkey = ${text(signing("seaweedfs reads"))}\n`,
      `[jwt.filer_signing]\nkey = ${text(signing("seaweedfs identities"))}\n`,
      `[grpc]\nca = ${text(at)}\n`,
      ...["master", "volume", "filer", "s3", "client"].map((part) => `[grpc.${part}]\n${pair}`),
    ].join("\n"),
    // One volume at a time: by default a bucket takes a dozen at once, and each has its place on both disks. A master that lost
    // its disk makes none until it was told of all that there are, which the other node does with its first word.
    master: `[master.volume_growth]\ncopy_1 = 1\ncopy_2 = 1\nstate_loss_recovery_wait = "30s"\n\n[master.maintenance]\nsleep_minutes = ${minutes}\nscripts = """\nlock\nvolume.fix.replication -apply -doDelete=false\nunlock\n"""\n`,
  };
}
