import { openStream } from "../../remote/ssh";
import { Sessions } from "./connect";

/** This process's connections to the nodes' PostgreSQL servers, through SSH. Close them when the process ends. */
export const overSsh = new Sessions(openStream);
