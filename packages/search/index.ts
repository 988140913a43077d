export { Search, type CopyLimits, type SearchArgs } from "./search";
export { rebuild, sync, type Copied, type Progress } from "./copy";
export { Qdrant } from "./qdrant";
export { migrate } from "./schema";
export { refuseMoreThanOwner } from "./rights";
export {
  dimensions,
  type Answer,
  type Attributes,
  type Batch,
  type Document,
  type Filter,
  type Finder,
  type Hit,
  type Message,
  type Metadata,
  type Query,
} from "./types";
