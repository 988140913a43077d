import { createPrivateKey, createPublicKey, hkdfSync, sign, type KeyObject } from "node:crypto";
import { isIP, isIPv4 } from "node:net";

/**
 * A server's certificate and key, made of a password and nothing else: the same password is the same certificate, so that
 * neither needs a place of its own. Ed25519, whose signatures are deterministic; signed by itself, and valid for as long as
 * the password is used.
 */
export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** @param host name or address by which clients call the server. */
export function certificateOf(password: string, host: string): Certificate {
  const key = keyOf(password);
  const algorithm = sequence(oid("2b6570"));
  const name = sequence(tagged(0x31, sequence(oid("550403"), tagged(0x0c, Buffer.from("homelab", "utf8")))));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial(hkdf(password, `serial of ${host}`))),
    algorithm,
    name,
    // A certificate without an end has this one: RFC 5280, 4.1.2.5.
    sequence(time(0x17, "200101000000Z"), time(0x18, "99991231235959Z")),
    name,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    tagged(
      0xa3,
      sequence(
        extension("551d13", sequence(tagged(0x01, Buffer.from([0xff]))), true),
        extension("551d11", sequence(subject(host))),
      ),
    ),
  );
  const certificate = sequence(body, algorithm, bits(sign(null, body, key)));
  return {
    certificate: pem("CERTIFICATE", certificate),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const hkdf = (password: string, what: string) =>
  Buffer.from(hkdfSync("sha256", password, "homelab", what, 32));

/** RFC 8410, 7: the seed in its frame. */
const keyOf = (password: string): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), hkdf(password, "key")]),
    format: "der",
    type: "pkcs8",
  });

/** DER: a value with its tag and its length. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]) => tagged(0x30, ...parts);
const oid = (hex: string) => tagged(0x06, Buffer.from(hex, "hex"));
const bits = (content: Buffer) => tagged(0x03, Buffer.from([0]), content);
const time = (tag: number, text: string) => tagged(tag, Buffer.from(text, "ascii"));
const integer = (content: Buffer) => tagged(0x02, content);
/** Positive, and without a leading zero. */
const serial = (random: Buffer) => Buffer.from([((random[0] ?? 0) & 0x3f) | 0x40, ...random.subarray(1, 8)]);
const extension = (id: string, content: Buffer, critical = false) =>
  sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, content));

function subject(host: string): Buffer {
  if (isIPv4(host)) return tagged(0x87, Buffer.from(host.split(".").map(Number)));
  return isIP(host) === 6 ? tagged(0x87, bytesOf(host)) : tagged(0x82, Buffer.from(host, "ascii"));
}

/** The 16 bytes of an address of IPv6. */
function bytesOf(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const groups = (text: string | undefined) =>
    text === undefined || text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

const pem = (kind: string, der: Buffer) =>
  `-----BEGIN ${kind}-----\n${der.toString("base64").replace(/(.{64})(?=.)/g, "$1\n")}\n-----END ${kind}-----\n`;
