/** Drop-ins that were given: each is read with the units that it belongs to. */
import { baseName, canonical, folderOf } from "../context";
import type { FileContext } from "../context";
import { readQuadlet } from "./quadlet";
import { readService } from "./service";
import { dropInKind, dropInsOf, quadletKind, readDropIn, readUnit } from "./unit";

/** Reads the units of a drop-in that are not judged by themselves; without any, the drop-in as far as it goes. */
export function readDropInFile(content: string, context: FileContext): void {
  const { path } = context;
  const kind = dropInKind(path);
  if (kind === undefined) return;
  const units = unitsOf(path, kind, context);
  for (const unit of units) {
    const text = context.isGiven?.(unit) === true ? undefined : context.lookup(unit);
    if (text === undefined) continue;
    const inner = { ...context, path: unit };
    if (kind === "service") readService(text, inner);
    else readQuadlet(readUnit(text, kind, inner), inner);
  }
  if (units.length > 0) return;
  if (kind === "service") readService(content, context);
  else readQuadlet(readDropIn(content, kind, path), context);
}

/** Paths of the units beside a drop-in's folder to which it applies. */
function unitsOf(path: string, kind: ReturnType<typeof dropInKind>, context: FileContext): readonly string[] {
  if (kind === undefined) return [];
  const own = folderOf(path);
  const named = own.replace(/\.d$/, "");
  const isNamed = baseName(own) !== `${kind}.d`;
  const beside = context.filesIn(folderOf(own)).filter((unit) => kindOf(unit) === kind);
  // A unit that was given need not stand on a disk.
  const candidates = isNamed && !beside.includes(named) ? [...beside, named] : beside;
  return candidates.filter((unit) => {
    if (unit === named) return context.isGiven?.(unit) === true || context.lookup(unit) !== undefined;
    return dropInsOf(unit, kind, context).some((one) => canonical(one) === canonical(path));
  });
}

function kindOf(path: string): ReturnType<typeof dropInKind> {
  return /[^/]\.service$/.test(path) ? "service" : quadletKind(path);
}
