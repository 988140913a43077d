import { z } from "zod";
import { port } from "./fields";
import { podKeys } from "./pod-keys";

/** Forms of values that services of the cluster share. */

export const cpu = z
  .string({ error: "must be a text such as 500m (thousandths of a core) or 2" })
  .regex(/^[1-9]\d*m?$/, "must be a number of cores such as 2, or thousandths such as 500m");

export const memory = z
  .string({ error: "must be a text such as 512Mi or 4Gi" })
  .regex(/^[1-9]\d*(Mi|Gi)$/, "must be a size as Kubernetes writes it, such as 512Mi or 4Gi");

/** What every service is told: where it listens, and what the scheduler keeps free for it. */
export const pod = (defaults: { port: number; cpu: string; memory: string }) => ({
  port: port.default(defaults.port).describe("TCP port"),
  cpu: cpu.default(defaults.cpu).describe("cores for each of its programs, or thousandths such as `500m`"),
  memory: memory
    .default(defaults.memory)
    .describe("memory for each of its programs, such as `512Mi` or `4Gi`"),
  pod: podKeys.describe("further keys of its pods"),
});

export const count = (least: number, most: number) =>
  z
    .int("must be a whole number")
    .min(least, `must be ${least} to ${most}`)
    .max(most, `must be ${least} to ${most}`);

export const requirement = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.]*$/,
    "must be a Python package with its exact version, such as duckdb==2.0.1",
  );

/** The name of a model on Hugging Face, for llama.cpp with the quantization: `owner/name:Q8_0`. */
export const hubModel = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(:[\w.-]+)?$/,
    "must be the name of a model on Hugging Face, such as Qwen/Qwen3-0.6B",
  );
