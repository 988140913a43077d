import { HomelabCommand } from "../program/command";
import { complain, print } from "./nodes";

export const pin = () =>
  new HomelabCommand("pin")
    .summary("pin the default images by their digests, or look whether they are still there")
    .description(
      "Looks up the digest of each image that the program uses by default, and writes them to components/images/digests.json.",
    )
    .option("--check", "look each of them up and write nothing", false)
    .exits(0, "all are pinned; with --check: all are there")
    .exits(1, "one could not be looked up; with --check: at least one is gone")
    .exits(2, "wrong usage; with --check: a registry could not be asked")
    .example("homelab pin", "then commit components/images/digests.json")
    .example("homelab pin --check", "which of the defaults are gone from their registries")
    .runs(async (options: { readonly check: boolean }) => {
      const { productionImages } = await import("../../services");
      if (options.check) {
        const { check, exitCode } = await import("../../components/images/check");
        const checked = await check(productionImages());
        for (const { image, problem } of checked) {
          if (problem === undefined) print(`${image}: is there`);
          else complain(problem.message);
        }
        return exitCode(checked);
      }
      const { digestsFile, pin } = await import("../../components/images/pin");
      const { digests, failures } = await pin(productionImages(), digestsFile);
      for (const [image, digest] of Object.entries(digests)) print(`${image}@${digest}`);
      for (const failure of failures) complain(failure);
      return failures.length > 0 ? 1 : 0;
    });
