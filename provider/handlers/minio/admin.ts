import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** What MinIO's admin API takes other than as plain JSON. */

/** Bytes of one sealed piece; what is sealed here is never longer. */
const pieceBytes = 16_384;

/**
 * Seals a body that holds a secret for the admin API, whose endpoint may be plain HTTP: PBKDF2 of the caller's own key,
 * then AES-256-GCM, in the form that the server's own client uses.
 * @see https://github.com/minio/madmin-go/blob/main/encrypt.go EncryptData, id 2
 * @throws Error for more than one piece.
 */
export function sealed(secret: string, body: string): Buffer {
  const plain = Buffer.from(body, "utf8");
  if (plain.length > pieceBytes) throw new Error("too long for one piece of MinIO's sealed form");
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const key = pbkdf2Sync(secret, salt, 8192, 32, "sha256");
  const seal = (sequence: number, data: Buffer, associated: Buffer) => {
    const whole = Buffer.alloc(12);
    nonce.copy(whole);
    whole.writeUInt32LE(sequence, 8);
    const cipher = createCipheriv("aes-256-gcm", key, whole);
    cipher.setAAD(associated);
    return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  };
  // Each piece is bound to the stream by the seal of nothing; 0x80 marks the last one.
  const stream = seal(0, Buffer.alloc(0), Buffer.alloc(0));
  const last = seal(1, plain, Buffer.concat([Buffer.from([0x80]), stream]));
  return Buffer.concat([salt, Buffer.from([2]), nonce, last]);
}

/** A zip archive of one file, not compressed. @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zipOf(name: string, text: string): Buffer {
  const file = Buffer.from(name, "utf8");
  const data = Buffer.from(text, "utf8");
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(0x21, 8); // the first day that the format knows
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(file.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, file, data]);
  const directory = Buffer.concat([
    Buffer.from("PK\x01\x02", "latin1"),
    Buffer.from([20, 0]),
    common,
    Buffer.alloc(14),
    file,
  ]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}
