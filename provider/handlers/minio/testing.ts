import { refusal, type S3Answer } from "../../../packages/s3";

/** For tests. */

/** @throws Error when the server refuses. */
export async function unlessRefused(asked: Promise<S3Answer>): Promise<S3Answer> {
  const answer = await asked;
  const refused = refusal(answer);
  if (refused !== "") throw new Error(`MinIO refuses: ${refused}`);
  return answer;
}

const block = 512;

/** One entry of a tar. */
function entry(name: string, type: "0" | "x", content: string): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0);
  header.write("0000644\0" + "0000000\0".repeat(2), 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("14000000000\0", 136);
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const data = Buffer.alloc(Math.ceil(content.length / block) * block);
  data.write(content);
  return Buffer.concat([header, data]);
}

/** An archive of one object, as MinIO unpacks it, that asks for a version of its own. */
export function tarNaming(key: string, version: string): Buffer {
  const record = `minio.versionId=${version}\n`;
  let length = record.length + 1;
  while (`${length} ${record}`.length !== length) length = `${length} ${record}`.length;
  return Buffer.concat([
    entry("PaxHeaders/x", "x", `${length} ${record}`),
    entry(key, "0", "other"),
    Buffer.alloc(2 * block),
  ]);
}
