import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { scramVerifier, verifies } from "./scram";

const keysOf = (verifier: string) => {
  const [, , keys = ""] = verifier.split("$");
  return keys.split(":").map((key) => Buffer.from(key, "base64")) as [Buffer, Buffer];
};

describe("the stored form of a password", () => {
  it("accepts the client's proof and makes the server's signature of RFC 7677's example", () => {
    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
    const exchange = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
    const [storedKey, serverKey] = keysOf(scramVerifier("pencil", Buffer.from(salt, "base64"), 4096));

    const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
    const signature = createHmac("sha256", storedKey).update(exchange).digest();
    const clientKey = Buffer.from(proof.map((byte, at) => byte ^ (signature[at] ?? 0)));
    expect(createHash("sha256").update(clientKey).digest()).toEqual(storedKey);
    expect(createHmac("sha256", serverKey).update(exchange).digest("base64")).toBe(
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    );
  });

  // What PostgreSQL 15 wrote into pg_authid for CREATE ROLE … PASSWORD.
  it.each([
    [
      "pencil",
      "SCRAM-SHA-256$4096:elUkh+a5egt0ZnSvKvH8IQ==$IGVI+VY58+vQqAeJM/C9mJpCXOe0zv3gj6+m1psWa74=:HkFFIxdIzZ1AJVarbstn7FmY4cFVrWISLZLFq0DStvk=",
    ],
    [
      'it\'s \\ "quoted" $1 %s',
      "SCRAM-SHA-256$4096:BzItRfcAUklzJM2WhyjFcw==$L23KSpESfVr5/F/WS3P2K6HfW1waayO7+87pKkr2Q5A=:BIn6T6j5GbWk0nJ6pERfnAJRqXXja3zcZgtqBJ+07to=",
    ],
    [
      " ~",
      "SCRAM-SHA-256$4096:vc4DxNXmE1fvd4hkq5zXKQ==$xlSJIw+FMf841gfcqiaEtTL+Xo2CRN0gupsElXQblnI=:zyjKulCC0D5Y5apJapl/0hcX9Zkydagbx8jQSWllQIY=",
    ],
  ])("knows %j in what PostgreSQL made of it", (password, verifier) => {
    expect(verifies(verifier, password)).toBe(true);
    expect(verifies(verifier, `${password}x`)).toBe(false);
  });

  it("differs each time for the same password, and is known each time", () => {
    const [one, two] = [scramVerifier("secret"), scramVerifier("secret")];
    expect(one).not.toBe(two);
    expect(verifies(one, "secret") && verifies(two, "secret")).toBe(true);
    expect(one).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$/);
  });

  it.each([
    ["no password", null],
    ["an empty one", ""],
    ["an md5 one", "md5a3556571e93b0d20722ba62be61e8c2d"],
    ["a broken one", "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="],
    ["iterations that would take for ever", "SCRAM-SHA-256$99999999:W22Z$AAAA:AAAA"],
  ])("takes %s for another password, without an error", (_what, verifier) => {
    expect(verifies(verifier, "secret")).toBe(false);
  });

  it.each(["", "pässword", "tab\there", "new\nline", "\u00a0"])(
    "refuses %j, which not every client would spell alike",
    (password) => {
      expect(() => scramVerifier(password)).toThrow("printable ASCII");
    },
  );
});
