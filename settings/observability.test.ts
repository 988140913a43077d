import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from ".";
import { onNodes } from "./testing";

const around = { home: "/home/ada", exists: () => false };
const { desktop, compute } = house.nodes;
const onStorage = (all: Record<string, object>) => {
  const raw = Object.fromEntries(
    Object.entries(all).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]),
  );
  checkSettings(loadSettings("storage", raw, around), "storage", house);
};
const onDesktop = (all: Record<string, object>, node = desktop) => {
  const raw = Object.fromEntries(
    Object.entries(all).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]),
  );
  checkSettings(loadSettings("desktop", raw, around), "desktop", onNodes({ desktop: node }));
};
const metrics = { enabled: true };

describe("settings of what the house tells of itself", () => {
  it("are taken as a whole", () => {
    const all = {
      metrics,
      prometheus: { enabled: true },
      alerts: { enabled: true },
      logs: { enabled: true },
    };
    expect(() => {
      onStorage({ ...all, postgresExporter: { enabled: true } });
    }).not.toThrow();
  });

  it.each(["prometheus", "postgresExporter", "logs", "alerts"])(
    "say that %s needs the node to be measured",
    (key) => {
      expect(() => {
        onStorage({ [key]: { enabled: true } });
      }).toThrow(`homelab:${key}.enabled is true: homelab:metrics.enabled must be true for it.`);
    },
  );

  it("say that a standby can only be measured where there is one", () => {
    const postgresExporter = { enabled: true };
    expect(() => {
      onDesktop({ metrics, postgresExporter });
    }).toThrow("homelab:postgresExporter.enabled is true: homelab:replica.enabled must be true for it.");
    expect(() => {
      onDesktop({ metrics, postgresExporter, replica: { enabled: true } });
    }).not.toThrow();
  });

  it("say that lines would be sent to another engine or port than the one that listens", () => {
    const logs = { enabled: true, engine: "victorialogs" };
    expect(() => {
      onStorage({ metrics, logs, logShipping: { enabled: true, engine: "victorialogs" } });
    }).not.toThrow();
    expect(() => {
      onStorage({ metrics, logs, logShipping: { enabled: true } });
    }).toThrow("homelab:logShipping.engine is loki: it must be victorialogs");
    expect(() => {
      onStorage({ metrics, logs: { ...logs, port: 9429 }, logShipping: { ...logs } });
    }).toThrow("homelab:logShipping.port is 9428: it must be 9429");
  });

  it("say which part of a receiver is missing", () => {
    expect(() => {
      onStorage({
        metrics,
        alerts: { enabled: true, email: { to: "a@example.org" }, telegram: { chat: 7 } },
      });
    }).toThrow(
      "homelab:alerts.email is given in part: it must have to, from and server.\nhomelab:alerts.telegram is given in part: it must have chat and token.",
    );
  });

  it("refuse to watch from a node that may be off", () => {
    expect(() => {
      onDesktop({ metrics, alerts: { enabled: true } }, { ...compute, name: "desktop" });
    }).toThrow(/Alertmanager keeps data and desktop is on-demand/);
  });

  it("show nothing of what opens a receiver in a sentence", () => {
    for (const key of ["webhook", "discord", "heartbeat"]) {
      const wrong = () => {
        onStorage({ alerts: { [key]: "secret-word" } });
      };
      expect(wrong).toThrow(/must be a URL/);
      expect(wrong).not.toThrow(/secret-word/);
    }
    expect(() => {
      onStorage({ alerts: { telegram: { token: 7_654_321 } } });
    }).not.toThrow(/7654321/);
  });
});
