import { parse } from "yaml";
import { expect, it } from "vitest";
import { kubeconfigText } from "./text";

it("a kubeconfig leads to storage's address, with the token and nothing else that opens the cluster", () => {
  const text = kubeconfigText("ada", "fd00::11", {
    ...{
      server: "https://127.0.0.1:6443",
      authority: "Q0E=",
      expires: "2026-12-28T00:00:00Z",
      token: "t.o.ken",
    },
  });
  expect(text).toMatch(/^# Good until 2026-12-28T00:00:00Z, or until `homelab kubeconfig revoke ada`/);
  expect(parse(text)).toMatchObject({
    clusters: [{ cluster: { server: "https://[fd00::11]:6443", "certificate-authority-data": "Q0E=" } }],
    users: [{ name: "ada@homelab", user: { token: "t.o.ken" } }],
    "current-context": "ada@homelab",
  });
});
