export { columns, ruled } from "./columns";
export { confirmed } from "./confirm";
export { sentenceOf } from "./sentence";
