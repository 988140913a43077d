export { columns, ruled } from "./columns";
export { confirmed } from "./confirm";
export { painter } from "./paint";
