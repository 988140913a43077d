import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import type { ContentsInputs } from "./inputs";
import { differences } from "./look";

const policy = { Version: "2012-10-17", Statement: [] };

/** A store in which the user is as declared, as far as its root user is told. @param toUser what the user is told */
async function asked(toUser: { status: number; body: string }) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://store");
    const { status, body } =
      pathname === "/"
        ? toUser
        : {
            status: 200,
            body: JSON.stringify(
              pathname.endsWith("info-canned-policy")
                ? { Policy: policy }
                : { status: "enabled", policyName: "homelab-writer" },
            ),
          };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const inputs: ContentsInputs = {
    connection: { node: "storage", host: "127.0.0.1", port, user: "root", hostKey: "" },
    ...{ endpoint: `http://127.0.0.1:${port}`, user: "root", password: "root", buckets: {} },
    users: {
      writer: { secretKey: "THE-KEY", policyName: "homelab-writer", policy: JSON.stringify(policy) },
    },
  };
  try {
    return (await differences(inputs, new AbortController().signal)).map(({ says }) => says);
  } finally {
    server.close();
  }
}
const refused = (code: string) => ({ status: 403, body: `<Error><Code>${code}</Code></Error>` });

it("a user whose policy forbids to list is one whose key is known", async () => {
  expect(await asked(refused("AccessDenied"))).toEqual([]);
  expect(await asked(refused("SignatureDoesNotMatch"))).toEqual([
    "the user writer on storage has another secret key than declared.",
  ]);
});

it("an answer that says nothing about a user's key is never taken for its being as declared", async () => {
  for (const said of [{ status: 503, body: "" }, refused("SlowDown"), refused("RequestTimeTooSkewed")]) {
    const failed = await asked(said).catch((error: unknown) => (error as Error).message);
    expect(failed).toMatch(/^MinIO answers the user writer with \w+( 503)?, which says nothing/);
    expect(failed).not.toContain("THE-KEY");
  }
});
