/** How a row of the table of servers is written. */

export interface Server {
  /** As people write it. */
  readonly product: string;
  /** Words that name it in an image's name. */
  readonly words: readonly string[];
  /** Directories its images keep data in, those of the common builds too. */
  readonly dataDirs: readonly string[];
  /** Executables and subcommands that start it. */
  readonly programs: RegExp;
  /** Keeps data only with such an argument, variable or line of its configuration. */
  readonly onlyWith?: RegExp;
  /** Keeps no data with such an argument or variable. */
  readonly exceptWith?: RegExp;
  /** Where its makers say so, for those that few know. HEAD stands for the newest state of the page. */
  readonly see?: string;
}

const any = /^(docker-entrypoint|entrypoint|server|start|start-single-node|run)/;

export function server(
  product: string,
  words: string,
  dataDirs: string,
  programs: RegExp,
  only: Pick<Server, "onlyWith" | "exceptWith" | "see"> = {},
): Server {
  return {
    product,
    words: words.split(" "),
    dataDirs: dataDirs.split(" "),
    programs: new RegExp(`${any.source}|${programs.source}`),
    ...only,
  };
}
