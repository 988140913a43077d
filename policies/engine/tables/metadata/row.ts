/**
 * How a row of the tables of metadata keepers is written.
 *
 * How the rows were checked, in November 2026: in copies of their makers' repositories and documentation (Dockerfiles,
 * compose examples, pages about databases), and where those leave a directory or a variable out, in what people publish
 * of their own deployments. `see` is a page that such a copy has. Most were read; of the rest (long pages whose subject
 * is plain from their name) it is known that they exist, and the row's facts come from deployments. HEAD stands for a
 * page's newest state, which may differ from the copy. Of Seq no page was found, only deployments. What keeps nothing
 * itself, has no image of its own any more (Zabbix' appliance) or only keeps downloads (Ollama's models) is left out.
 */

export interface MetadataKeeper {
  readonly product: string;
  /** What it uses when nothing is said. */
  readonly keeps: string;
  readonly image: RegExp;
  /** Executables and subcommands that start the part that keeps the metadata. */
  readonly programs: RegExp;
  /** Words of a command by which it is known in any image. */
  readonly command?: RegExp;
  /** Words by which its own image is told to start that part. */
  readonly subcommands?: RegExp;
  readonly dataDirs: readonly string[];
  /** Variables and options that point it at a database. */
  readonly pointers: RegExp;
  /** How to point it at one, for the message. Without it there is no moving what it keeps: it needs a volume. */
  readonly point?: string;
  /** Keeps them elsewhere, or is a part that keeps none, with such words in its arguments or configuration. */
  readonly except?: RegExp;
  /** Where its makers say so. */
  readonly see?: string;
}

const nothing = /^$/;

/** What images call the program that starts what they are for. */
const starters =
  "init|s6-svscan|entrypoint|docker-entrypoint|server|serve|web|start|run|standalone|launch|supervisord|apache2-foreground|php-fpm|uvicorn|gunicorn|all|daemon";

/**
 * A row for an application whose image starts it without being told.
 *
 * @param images the last parts of the image's path, or whole paths where a last part alone says too little
 * @param dataDirs where its images keep what they write
 * @param see where its makers say so
 * @param point variables that point it at a database, where it can be
 */
export function app(
  product: string,
  images: string,
  dataDirs: string,
  see: string,
  point?: string,
): MetadataKeeper {
  const names = images.split(" ").map((name) => name.replace(/[.]/g, "\\$&"));
  const [dir = ""] = dataDirs.split(" ");
  const variables = point?.split(" ") ?? [];
  return {
    product,
    keeps: point === undefined ? `files in ${dir}` : `a local file in ${dir}`,
    image: new RegExp(names.map((name) => (name.startsWith("^") ? `${name}$` : `(^|/)${name}$`)).join("|")),
    programs: new RegExp(
      `^(${starters}|${names.map((name) => name.replace(/^.*\//, "")).join("|")})([.-]|$)`,
    ),
    dataDirs: dataDirs.split(" "),
    pointers: point === undefined ? nothing : new RegExp(`^(${variables.join("|")})$`, "i"),
    ...(point === undefined ? {} : { point: `set ${variables[0] ?? ""}` }),
    see,
  };
}
