/** Where the data of a container engine's volume is: its driver and options decide. */
import { isUnknown } from "./facts";
import type { NamedVolume, Origin } from "./facts";
import { isPlumbing } from "./paths";
import type { Stack } from "./stack";
import { networkTypes, networkVolumePlugins } from "./tables/drivers";

/** Undefined where the volume's data is off the node or kept nowhere, else a clause saying why it is not. */
export function whyEngineVolumeIsLocal(
  nameOrVolume: string | NamedVolume,
  from: Origin,
  stack: Stack,
): string | undefined {
  if (typeof nameOrVolume !== "string") return whyVolumeIsLocal(nameOrVolume, stack);
  const found = stack.namedVolumes(nameOrVolume, from);
  if (found.length === 0)
    return "it is not defined in what was read, so it would be kept by the engine on the node";
  for (const volume of found) {
    const why = whyVolumeIsLocal(volume, stack, volume);
    if (why !== undefined) return why;
  }
  return undefined;
}

function whyVolumeIsLocal(volume: NamedVolume, stack: Stack, asked?: NamedVolume): string | undefined {
  if (volume.external) return whyExternalIsLocal(volume, stack, asked);
  if (isUnknown(volume.driver)) return `its driver cannot be known: ${volume.driver.why}`;
  const driver = volume.driver === "" ? "local" : volume.driver;
  if (driver === "image") return undefined;
  if (driver !== "local") {
    return networkVolumePlugins.test(driver)
      ? undefined
      : `its driver ${driver} is not known to be network storage`;
  }
  const type = volume.options.type ?? "";
  const options = (volume.options.o ?? "")
    .toLowerCase()
    .split(",")
    .map((option) => option.trim());
  const device = volume.options.device ?? "";
  if (networkTypes.test(type)) return undefined;
  if (/^(tmpfs|ramfs)$/i.test(type)) return undefined;
  if (/^overlay$/i.test(type)) return whyOverlayIsLocal(volume.options.o ?? "");
  if (options.includes("bind") || options.includes("rbind") || (type === "none" && device !== "")) {
    if (options.includes("ro")) return undefined;
    return device !== "" && isPlumbing(device)
      ? undefined
      : `its options make it a bind of the node's ${device || "disk"}`;
  }
  return device === "" ? "it is kept by the engine on the node" : `it is the node's device ${device}`;
}

/** What is written to an overlay stays in its upper directory; without one it can only be read. */
function whyOverlayIsLocal(options: string): string | undefined {
  const upper = /(?:^|,)\s*upperdir=([^,]*)/i.exec(options)?.[1];
  if (upper === undefined || isPlumbing(upper)) return undefined;
  return `what is written to it stays in the node's ${upper}`;
}

/** An external volume is made elsewhere: by another file of the set, or unknown. */
function whyExternalIsLocal(volume: NamedVolume, stack: Stack, asked?: NamedVolume): string | undefined {
  const makers = volume.names
    .flatMap((name) => stack.allNamedVolumes(name))
    .filter((other) => !other.external && other !== asked);
  if (makers.length === 0) return "it is external: made by something that was not read";
  for (const maker of makers) {
    const why = whyVolumeIsLocal(maker, stack);
    if (why !== undefined) return why;
  }
  return undefined;
}
