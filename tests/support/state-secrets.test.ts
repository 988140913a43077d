import { describe, expect, it } from "vitest";
import { forms, generatedSecrets, linesOfKeys } from "./state-secrets";

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const key =
  "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAAC3NzaC1lZDI1NTE5AAAAIOwn\nTAIL==\n-----END OPENSSH PRIVATE KEY-----\n";

describe("what the lab's tests look for in a state", () => {
  it("is every password and every key, wherever they stand in it", () => {
    const state = {
      deployment: {
        resources: [
          { type: "random:index/randomPassword:RandomPassword", outputs: { result: secret("of the role") } },
          { type: "pulumi:pulumi:Stack", outputs: { files: secret({ "id.pem": `before\n${key}` }) } },
          { type: "other", outputs: { result: "no password" } },
        ],
      },
    };
    expect(generatedSecrets(state)).toEqual(["of the role", "AAAAC3NzaC1lZDI1NTE5AAAAIOwn"]);
  });

  it("is found in base64, too, whatever stands before and after it", () => {
    for (const before of ["", "a", "ab", "abc", "PGPASSWORD="])
      for (const after of ["", "!", "\n", "xyz"]) {
        const packed = Buffer.from(`${before}p4ssw0rd-of-a-role${after}`).toString("base64");
        expect(forms("p4ssw0rd-of-a-role").some((form) => packed.includes(form))).toBe(true);
        expect(forms("p4ssw0rd-of-another").some((form) => packed.includes(form))).toBe(false);
      }
  });

  it("is a line of a key that tells it from others", () => {
    expect(linesOfKeys(key)).toEqual(["AAAAC3NzaC1lZDI1NTE5AAAAIOwn"]);
    expect(linesOfKeys("no key")).toEqual([]);
  });
});
