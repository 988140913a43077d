/** scp, rsync and sftp: files that a command puts on a machine. */
import { unknown } from "../../../engine/facts";
import type { Placement } from "../../../engine/facts";
import { addUnclear, putOnNode } from "../put-file";
import type { PutFile, Putting, ReadScript } from "../put-file";
import type { Statement } from "./statement";
import type { Texts } from "./output";
import { nameOf } from "./wrappers";

const valued =
  /^(-[cDFiJloPSXe]|--rsh|--exclude|--exclude-from|--include|--include-from|--filter|--files-from|--chown|--chmod|--bwlimit|--timeout|--port|--password-file|--rsync-path|--log-file|--backup-dir|--suffix|--partial-dir|--temp-dir|--compare-dest|--link-dest|--max-size|--min-size)$/;

/** Reads a copy; false where the command is none. */
export function readCopy(one: Statement, putting: Putting, texts: Texts, readScript: ReadScript): boolean {
  const program = nameOf(one);
  if (!/^(scp|rsync|sftp)$/.test(program)) return false;
  const places: { readonly text: string; readonly isOpen: boolean }[] = [];
  for (let at = 1; at < one.words.length; at += 1) {
    const word = one.words[at] ?? "";
    if (valued.test(word)) at += 1;
    else if (!word.startsWith("-")) places.push({ text: word, isOpen: one.open.has(at) });
  }
  const to = places.at(-1);
  const sources = places.slice(0, -1);
  if (program === "sftp")
    addUnclear(
      { ...putting, placement: hostOf(to?.text ?? "") ?? putting.placement, local: false },
      "what its sftp session puts there is not in the text",
    );
  if (program === "sftp" || to === undefined || sources.length === 0) return true;
  const placement = to.isOpen
    ? unknown(`the place ${to.text} that it copies to has no value here`)
    : hostOf(to.text);
  // To the machine that it runs on: what was put there before is judged where it was.
  if (placement === undefined) return true;
  const path = to.text.slice(to.text.indexOf(":") + 1).replace(/^\/\/[^/]*/, "");
  const files = sources.map(({ text, isOpen }): PutFile => {
    const target =
      path.endsWith("/") || path === "" || path === "." || sources.length > 1
        ? `${path.replace(/\/$/, "")}/${text.replace(/^.*\//, "")}`
        : path;
    const isWhole =
      /[*?[]/.test(text) ||
      text.endsWith("/") ||
      one.words.some((word) => /^-\w*[ra]|^--(recursive|archive)$/.test(word));
    const content = isOpen || isWhole ? undefined : texts.get(text);
    if (content === undefined && isWhole) {
      return {
        path: unknown(
          `it copies all of ${text}; name the files it puts there, or use a resource that shows them`,
        ),
        content: "",
      };
    }
    return { path: target, content: content ?? unknown(`${text} could not be read`) };
  });
  putOnNode(files, { ...putting, placement, local: false }, readScript);
  return true;
}

/** The machine of `user@host:path` and `rsync://host/…`; undefined for a place on the same one. */
function hostOf(place: string): Placement | undefined {
  const host =
    /^(?:rsync|scp|sftp|ssh):\/\/(?:[^@/]*@)?([^:/]+)/.exec(place)?.[1] ??
    /^(?:[^@:/]+@)?(\[[^\]]+\]|[^:/@]+):/.exec(place)?.[1];
  return host === undefined ? undefined : { kind: "host", host: host.replace(/^\[|\]$/g, "") };
}
